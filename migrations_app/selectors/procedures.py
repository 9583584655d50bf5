"""Where a procedure has run: the same type, handler version, parameters and options, whatever the targets.

The one place that says what counts as proof: an apply run that succeeded and that no rollback was begun of.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery

from migrations_app.engine.vocabulary import FINAL_RUN_STATES, MigrationStatus, RunKind, RunState
from migrations_app.models import Environment, Migration, Run
from migrations_app.selectors.access import Access, Permission

MOST_PROMOTIONS = 20
MOST_TIMES = 100  # counting on would read every run of a procedure that is run every day


@dataclass(frozen=True, slots=True)
class ProcedureStop:
    """One environment in the order of promotion, and how far this procedure has come there.

    `state` is done (`run_id` stands there), running, failed (none of its runs stands), next or '' for not yet;
    `times` counts the runs that stand, up to MOST_TIMES. `here`: the environment of the migration that is looked at.
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

    @property
    def counted(self) -> str:
        return f"{self.times} times" if self.times < MOST_TIMES else f"{MOST_TIMES} times or more"


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
    """How many runs there prove this procedure, up to MOST_TIMES; 0 for a plan that has none."""
    if not procedure:
        return 0
    return proofs().filter(procedure=procedure, environment=environment)[:MOST_TIMES].count()


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
    seen = Environment.objects.filter(access.within(Permission.VIEW, "pk")).order_by("position")
    places = [_Place(*row) for row in _with_runs(seen, procedure)]
    times = _times(places, procedure)
    runs = Run.objects.in_bulk({number for place in places if (number := place.proof or place.tried)})
    return tuple(_with_next([_stop(place, environment_id, times.get(place.id, 0), runs) for place in places]))


@dataclass(frozen=True, slots=True)
class _Place:
    """`proof`: the newest run that stands there, `many`: the last of those that are counted, `tried`: the newest."""

    id: int
    name: str
    protected: bool
    proof: int | None
    many: int | None
    tried: int | None


def _with_runs(environments: QuerySet[Environment], procedure: str) -> Iterable[Any]:
    """Columns of `_Place`. An index leads to each: however often it has run, a few rows are read."""
    tried = Run.objects.filter(procedure=procedure, environment=OuterRef("pk"), kind=RunKind.APPLY).order_by("-pk")
    stand = proofs().filter(procedure=procedure, environment=OuterRef("pk")).order_by("-pk")
    none = Run.objects.none().values("pk")
    return environments.values_list(
        "pk",
        "name",
        "protected",
        Subquery(stand.values("pk")[:1] if procedure else none),
        Subquery(stand.values("pk")[MOST_TIMES - 1 : MOST_TIMES] if procedure else none),
        Subquery(tried.values("pk")[:1] if procedure else none),
    )


def _times(places: Sequence[_Place], procedure: str) -> dict[int, int]:
    """Environment id -> how many runs stand there, up to MOST_TIMES."""
    few = [place.id for place in places if place.proof and not place.many]
    counted = proofs().filter(procedure=procedure, environment__in=few).values_list("environment")
    return {place.id: MOST_TIMES for place in places if place.many} | dict(counted.annotate(Count("pk")).order_by())


def _stop(place: _Place, here: int, times: int, runs: dict[int, Run]) -> ProcedureStop:
    run = runs.get(place.proof or place.tried or 0)
    state = "done" if times else ""
    if run is not None and not times:
        state = "failed" if run.state in FINAL_RUN_STATES else "running"
    return ProcedureStop(
        environment_id=place.id,
        environment=place.name,
        protected=place.protected,
        state=state,
        here=place.id == here,
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
