"""What the risk of a plan depends on beside its two sides, as the database knows it when it is planned."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef

from migrations_app.engine.environment_facts import (
    ChangedTarget,
    EarlierEnvironment,
    EnvironmentFacts,
    MaintenanceWindows,
    PastRuns,
    Rival,
)
from migrations_app.engine.vocabulary import (
    FINAL_RUN_STATES,
    MigrationStatus,
    RunKind,
    RunState,
)
from migrations_app.engine.windows import hours
from migrations_app.models import Environment, MigrationTarget, Run, Target
from migrations_app.selectors.access import people_who_control
from migrations_app.selectors.procedures import environment_before, proofs, times_proven
from migrations_app.selectors.rehearsals import rehearsed_digests
from migrations_app.selectors.windows import windows_of

LATELY = timedelta(hours=24)
PAST_RUNS = 20
MOST_RIVALS = 20
OPEN = (
    MigrationStatus.PLANNED,
    MigrationStatus.VALIDATING,
    MigrationStatus.EXECUTING,
    MigrationStatus.PAUSED,
    MigrationStatus.ROLLING_BACK,
)


@dataclass(frozen=True, slots=True)
class Intent:
    """What is going to be planned. `procedure` is its `procedure_digest`: what makes it the same one elsewhere."""

    handler: str
    handler_version: str
    procedure: str
    targets: Mapping[str, Target]
    rehearsable: bool = False


def environment_facts(
    environment: Environment, intent: Intent, *, now: datetime, migration_id: int | None = None
) -> EnvironmentFacts:
    """`migration_id` is the migration that is planned, where it exists already: it is no rival of itself."""
    return EnvironmentFacts(
        earlier=_earlier(environment, intent.procedure),
        version_successes=_version_successes(intent),
        past=_past(intent),
        rivals=_rivals(intent, migration_id),
        windows=_windows(environment, now),
        operators=people_who_control(environment.pk),
        rehearsed=rehearsed_digests(migration_id) if intent.rehearsable else None,
        changed_targets=_changed(intent, now),
    )


def _earlier(environment: Environment, procedure: str) -> EarlierEnvironment | None:
    """None for the first environment: there is nowhere to try it before."""
    before = environment_before(environment)
    return None if before is None else EarlierEnvironment(before.name, times_proven(procedure, before))


def _version_successes(intent: Intent) -> int:
    """1 stands for any number: whether there is one is all that matters."""
    runs = proofs().filter(migration__handler=intent.handler)
    return int(runs.filter(revision__content__handler_version=intent.handler_version).exists())


def _past(intent: Intent) -> PastRuns:
    """Of the same type: what another one did with these targets says nothing. Nor does what was taken back later."""
    runs = Run.objects.filter(kind=RunKind.APPLY, state__in=FINAL_RUN_STATES, migration__handler=intent.handler)
    taken_back = Run.objects.filter(undoes=OuterRef("pk"))
    runs = runs.exclude(state=RunState.CANCELLED).exclude(Exists(taken_back), state=RunState.SUCCEEDED)
    for role, target in intent.targets.items():
        fills = MigrationTarget.objects.filter(migration=OuterRef("migration"), role=role, target=target)
        runs = runs.filter(Exists(fills))
    newest = list(runs.order_by("-pk")[:PAST_RUNS])
    failed = [_failed(run) for run in newest]
    return PastRuns(
        succeeded=failed.count(False),
        failed=failed.count(True),
        last_run=newest[0].pk if newest else None,
        last_failed=bool(failed and failed[0]),
    )


def _failed(run: Run) -> bool:
    """A rollback that a person asked for is no failure; one that an error began is."""
    return run.state in (RunState.FAILED, RunState.STUCK) or (run.state == RunState.ROLLED_BACK and bool(run.error))


def _rivals(intent: Intent, migration_id: int | None) -> tuple[Rival, ...]:
    ids = [target.pk for target in intent.targets.values()]
    rows = (
        MigrationTarget.objects.filter(target__in=ids, migration__status__in=OPEN)
        .exclude(migration=migration_id)
        .annotate(
            running=Exists(Run.objects.filter(migration=OuterRef("migration")).exclude(state__in=FINAL_RUN_STATES))
        )
        .select_related("migration", "target")
        .order_by("-running", "migration_id", "pk")
    )
    found: dict[int, Rival] = {}
    for row in rows[: 2 * MOST_RIVALS]:
        rival = Rival(row.migration_id, row.migration.title, row.target.name, bool(row.running))
        found.setdefault(row.migration_id, rival)
    return tuple(found.values())[:MOST_RIVALS]


def _windows(environment: Environment, now: datetime) -> MaintenanceWindows:
    """Without those that never open again."""
    seen = ((window, hours([window], now)) for window in windows_of(environment.pk))
    ahead = [window.minutes for window, found in seen if found and (found.open_until or found.opens_at)]
    return MaintenanceWindows(len(ahead), 60 * max(ahead, default=0))


def _changed(intent: Intent, now: datetime) -> tuple[ChangedTarget, ...]:
    """Version 1 is how it was made: nothing was changed."""
    return tuple(
        ChangedTarget(target.name, int((now - target.changed_at).total_seconds()) // 3600)
        for _, target in sorted(intent.targets.items())
        if target.version > 1 and timedelta(0) <= now - target.changed_at < LATELY
    )
