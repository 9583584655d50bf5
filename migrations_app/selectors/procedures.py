"""Where a procedure has run: the same type, handler version, parameters and options, whatever the targets.

The one place that says what counts as proof: an apply run that succeeded and that no rollback was begun of.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Count, Exists, Max, OuterRef, QuerySet

from migrations_app.engine.vocabulary import FINAL_RUN_STATES, MigrationStatus, RunKind, RunState
from migrations_app.models import Environment, Migration, Run
from migrations_app.selectors.access import Access, Permission

MOST_PROMOTIONS = 20


@dataclass(frozen=True, slots=True)
class ProcedureStop:
    """One environment in the order of promotion, and how far this procedure has come there.

    `state` is done (`run_id` stands there), running, failed (none of its runs stands), next or '' for not yet;
    `times` counts the runs that stand. `here`: the environment of the migration that is looked at.
    """

    environment_id: int
    environment: str
    protected: bool
    state: str
    here: bool
    times: int = 0
    run_id: int | None = None
    migration_id: int | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Relative:
    """A migration that this one was promoted from, or to. `run_id` is the run that proved it there."""

    migration_id: int
    title: str
    environment: str
    status: str
    run_id: int | None


@dataclass(frozen=True, slots=True)
class ProcedureTrack:
    """`procedure` is the digest of the newest plan ('' without a plan). `promotable`: environments to promote to,
    the next one first; `why_not` is what keeps this viewer from it ('' where nothing does)."""

    procedure: str
    stops: tuple[ProcedureStop, ...]
    origin: Relative | None
    promotions: tuple[Relative, ...]
    promotable: tuple[str, ...]
    why_not: str


def proofs() -> QuerySet[Run]:
    """Runs that prove their procedure."""
    taken_back = Run.objects.filter(undoes=OuterRef("pk"))  # also in part: then nothing stands for certain
    return Run.objects.filter(~Exists(taken_back), kind=RunKind.APPLY, state=RunState.SUCCEEDED)


def environment_before(environment: Environment) -> Environment | None:
    """In the order of promotion; None for the first."""
    return Environment.objects.filter(position__lt=environment.position).order_by("-position").first()


def environment_after(environment: Environment) -> Environment | None:
    """None for the last."""
    return Environment.objects.filter(position__gt=environment.position).order_by("position").first()


def times_proven(procedure: str, environment: Environment) -> int:
    """How many runs there prove this procedure; 0 for a plan that has none."""
    if not procedure:
        return 0
    return proofs().filter(revision__procedure=procedure, migration__environment=environment).count()


def newest_proof(migration: Migration) -> Run | None:
    """The run of this migration that proves it, with its plan."""
    return proofs().filter(migration=migration).select_related("revision").order_by("-pk").first()


def track_of(access: Access, migration: Migration, procedure: str) -> ProcedureTrack:
    """`procedure` is that of its newest plan."""
    stops = stops_of(access, migration.environment_id, procedure)
    later = later_environments(access, migration.environment)
    return ProcedureTrack(
        procedure=procedure,
        stops=stops,
        origin=_origin(access, migration),
        promotions=tuple(_relative(each) for each in _promotions(access, migration)),
        promotable=tuple(environment.name for environment in later),
        why_not=_why_not(migration, later),
    )


def later_environments(access: Access, environment: Environment) -> list[Environment]:
    """Those after it in the order of promotion in which the viewer may author."""
    here = access.within(Permission.AUTHOR, "pk")
    return list(Environment.objects.filter(here, position__gt=environment.position).order_by("position"))


def _why_not(migration: Migration, later: Sequence[Environment]) -> str:
    if migration.status != MigrationStatus.COMPLETED:
        return "only what has run successfully, and was not rolled back, is promoted"
    return "" if later else f"there is no environment after {migration.environment} in which you may author"


def _origin(access: Access, migration: Migration) -> Relative | None:
    if migration.promoted_from_id is None:
        return None
    origin = Migration.objects.select_related("environment").get(pk=migration.promoted_from_id)
    if not access.can(Permission.VIEW, origin.environment_id):
        return None
    return _relative(origin, migration.promoted_run_id)


def _promotions(access: Access, migration: Migration) -> QuerySet[Migration]:
    here = access.within(Permission.VIEW)
    rows = Migration.objects.filter(here, promoted_from=migration).select_related("environment")
    return rows.order_by("-pk")[:MOST_PROMOTIONS]


def _relative(migration: Migration, run_id: int | None = None) -> Relative:
    name = migration.environment.name
    return Relative(migration.pk, migration.title, name, migration.get_status_display(), run_id)


def stops_of(access: Access, environment_id: int, procedure: str) -> tuple[ProcedureStop, ...]:
    """Every environment that the viewer may see, in order. `environment_id` is where they stand."""
    environments = list(Environment.objects.filter(access.within(Permission.VIEW, "pk")).order_by("position"))
    stands, tried, runs = _runs_by_environment(procedure)
    stops = [
        _stop(each, environment_id, stands.get(each.pk, (0, 0)), tried.get(each.pk, 0), runs) for each in environments
    ]
    return tuple(_with_next(stops))


def _runs_by_environment(procedure: str) -> tuple[dict[int, tuple[int, int]], dict[int, int], dict[int, Run]]:
    """Environment id -> (newest run that stands, how many do), -> newest run; and these runs by id."""
    if not procedure:
        return {}, {}, {}
    of_it = {"revision__procedure": procedure, "kind": RunKind.APPLY}
    by_place = Count("pk"), Max("pk")
    counted = proofs().filter(**of_it).values_list("migration__environment").annotate(*by_place).order_by()
    stands = {place: (newest, times) for place, times, newest in counted}
    newest_of = Run.objects.filter(**of_it).values_list("migration__environment").annotate(Max("pk")).order_by()
    tried = dict(newest_of)
    wanted = {newest for newest, _ in stands.values()} | set(tried.values())
    return stands, tried, Run.objects.in_bulk(wanted)


def _stop(
    environment: Environment, here: int, stands: tuple[int, int], tried: int, runs: dict[int, Run]
) -> ProcedureStop:
    newest, times = stands
    run = runs.get(newest) or runs.get(tried)
    state = "done" if times else ""
    if run is not None and not times:
        state = "failed" if run.state in FINAL_RUN_STATES else "running"
    return ProcedureStop(
        environment_id=environment.pk,
        environment=environment.name,
        protected=environment.protected,
        state=state,
        here=environment.pk == here,
        times=times,
        run_id=run.pk if run else None,
        migration_id=run.migration_id if run else None,
        at=(run.ended_at or run.created_at) if run else None,
    )


def _with_next(stops: Sequence[ProcedureStop]) -> list[ProcedureStop]:
    """The first one after the last that is done is next, unless something was begun there."""
    last = max((place for place, stop in enumerate(stops) if stop.state == "done"), default=None)
    if last is None or last + 1 >= len(stops) or stops[last + 1].state:
        return list(stops)
    return [*stops[: last + 1], replace(stops[last + 1], state="next"), *stops[last + 2 :]]
