"""What the risk of a plan depends on beside its two sides, as the database knows it when it is planned."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, QuerySet

from migrations_app.engine.environment_facts import (
    ChangedTarget,
    EarlierEnvironment,
    EnvironmentFacts,
    PastRuns,
    Rival,
)
from migrations_app.engine.vocabulary import (
    FINAL_RUN_STATES,
    MigrationStatus,
    Role,
    RunKind,
    RunState,
)
from migrations_app.models import Environment, MigrationTarget, Run, Target
from migrations_app.selectors.access import people_with

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
class Procedure:
    """What is going to be done. The same one elsewhere: this handler, this mode, between targets of these kinds."""

    handler: str
    handler_version: str
    zero_downtime: bool
    targets: Mapping[str, Target]

    @property
    def signature(self) -> tuple[bool, tuple[tuple[str, str, str], ...]]:
        return self.zero_downtime, tuple(sorted(map(_kind, self.targets, self.targets.values())))


def environment_facts(
    environment: Environment, procedure: Procedure, *, now: datetime, migration_id: int | None = None
) -> EnvironmentFacts:
    """`migration_id` is the migration that is planned, where it exists already: it is no rival of itself."""
    return EnvironmentFacts(
        earlier=_earlier(environment, procedure),
        version_successes=_version_successes(procedure),
        past=_past(procedure),
        rivals=_rivals(procedure, migration_id),
        operators=len(people_with(Role.OPERATOR, environment.pk)),
        changed_targets=_changed(procedure, now),
    )


def _succeeded(handler: str) -> QuerySet[Run]:
    return Run.objects.filter(kind=RunKind.APPLY, state=RunState.SUCCEEDED, migration__handler=handler)


def _earlier(environment: Environment, procedure: Procedure) -> EarlierEnvironment | None:
    """None for the first environment: there is nowhere to try it before."""
    before = Environment.objects.filter(position__lt=environment.position).order_by("-position").first()
    if before is None:
        return None
    runs = _succeeded(procedure.handler).filter(migration__environment=before).order_by("-pk")
    rows = runs.values_list("migration_id", "revision__content__options__zero_downtime")[:PAST_RUNS]
    modes = [(migration_id, bool(zero_downtime)) for migration_id, zero_downtime in rows]
    kinds: dict[int, list[tuple[str, str, str]]] = {}
    filled = MigrationTarget.objects.filter(migration__in={migration_id for migration_id, _ in modes})
    for each in filled.select_related("target"):
        kinds.setdefault(each.migration_id, []).append(_kind(each.role, each.target))
    same = [(mode, tuple(sorted(kinds.get(migration_id, ())))) == procedure.signature for migration_id, mode in modes]
    return EarlierEnvironment(before.name, sum(same))


def _kind(role: str, target: Target) -> tuple[str, str, str]:
    """A target's kind in a role; of a session store also what keeps its sessions."""
    return role, str(target.kind), str(target.config.get("store", ""))


def _version_successes(procedure: Procedure) -> int:
    """1 stands for any number: whether there is one is all that matters."""
    runs = _succeeded(procedure.handler).filter(revision__content__handler_version=procedure.handler_version)
    return int(runs.exists())


def _past(procedure: Procedure) -> PastRuns:
    runs = Run.objects.filter(kind=RunKind.APPLY, state__in=FINAL_RUN_STATES).exclude(state=RunState.CANCELLED)
    for role, target in procedure.targets.items():
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


def _rivals(procedure: Procedure, migration_id: int | None) -> tuple[Rival, ...]:
    ids = [target.pk for target in procedure.targets.values()]
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


def _changed(procedure: Procedure, now: datetime) -> tuple[ChangedTarget, ...]:
    """Version 1 is how it was made: nothing was changed."""
    return tuple(
        ChangedTarget(target.name, int((now - target.changed_at).total_seconds()) // 3600)
        for _, target in sorted(procedure.targets.items())
        if target.version > 1 and timedelta(0) <= now - target.changed_at < LATELY
    )
