"""Durations, throughput and failures of past runs over time, of the environments that the reader may see.

Real executions alone: a dry run and a rehearsal move nothing that somebody plans capacity by. However many there are,
the newest `MOST_RUNS` are looked at, in five queries.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import BooleanField, ExpressionWrapper, Max, Q, QuerySet

from migrations_app.engine.trends import (
    EndedRun,
    Outcome,
    Span,
    TrendFigures,
    TrendGroup,
    TrendPeriod,
    beginnings,
    figures_of,
    groups_of,
    outcome_of,
    periods_of,
)
from migrations_app.engine.vocabulary import FINAL_RUN_STATES, RunKind, RunState, StepKind, StepState
from migrations_app.models import Run, StepRun
from migrations_app.models.actor import Actor
from migrations_app.selectors.access import Permission, access_of

MOST_RUNS = 3_000
MOST_STEPS = 400  # different steps of different types; each costs one plan to look its kind up in
MOST_PAIRS = 100
_FINAL = tuple(sorted(FINAL_RUN_STATES))


@dataclass(frozen=True, slots=True)
class TrendFilters:
    """'' asks for all of them; a name that the reader may not see, or nobody has, finds nothing."""

    environment: str = ""
    type: str = ""
    stores: str = ""
    span: Span = Span.QUARTER


@dataclass(frozen=True, slots=True)
class Trends:
    """`periods` oldest first, `groups` by number of runs. `looked_at_all`: False where older runs were left out, so
    that `since` is later than the first period's beginning. `pairs`: what can be asked for as `stores`."""

    span: Span
    since: datetime
    until: datetime
    looked_at_all: bool
    figures: TrendFigures
    periods: tuple[TrendPeriod, ...]
    groups: tuple[TrendGroup, ...]
    pairs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Moved:
    records: int = 0
    seconds: float = 0
    unit: str = ""


@dataclass(frozen=True, slots=True)
class _Row:
    pk: int
    handler: str
    run: EndedRun


def trends(*, actor: Actor, now: datetime, filters: TrendFilters) -> Trends:
    begin = beginnings(filters.span, now)[0]
    here = access_of(actor).within(Permission.VIEW)
    ended = Run.objects.filter(here, kind=RunKind.APPLY, state__in=_FINAL, ended_at__gte=begin, ended_at__lte=now)
    rows = _rows(_filtered(ended, filters))
    kept, cut = rows[:MOST_RUNS], len(rows) > MOST_RUNS
    runs = _with_records(kept)
    return Trends(
        span=filters.span,
        since=kept[-1].run.ended_at if cut else begin,
        until=now,
        looked_at_all=not cut,
        figures=figures_of(runs),
        periods=periods_of(runs, filters.span, now),
        groups=groups_of(runs, filters.span, now),
        pairs=tuple(
            ended.exclude(stores="").order_by("stores").values_list("stores", flat=True).distinct()[:MOST_PAIRS]
        ),
    )


def _filtered(ended: QuerySet[Run], filters: TrendFilters) -> QuerySet[Run]:
    wanted = {"environment__name": filters.environment, "migration__type": filters.type, "stores": filters.stores}
    return ended.filter(**{name: value for name, value in wanted.items() if value})


def _rows(ended: QuerySet[Run]) -> list[_Row]:
    """The newest first, one more than is looked at."""
    wrong = ExpressionWrapper(Q(error__isnull=False), output_field=BooleanField())
    found = ended.annotate(wrong=wrong).order_by("-ended_at", "-pk")[: MOST_RUNS + 1]
    names = ("pk", "migration__handler", "state", "wrong", "started_at", "ended_at", "stores", "migration__type")
    return [
        _Row(pk, handler, EndedRun(end, outcome_of(RunState(state), has_error=wrong), _span(began, end), *where))
        for pk, handler, state, wrong, began, end, *where in found.values_list(*names, "environment__name")
    ]


def _with_records(rows: Sequence[_Row]) -> list[EndedRun]:
    moved = _moved({row.pk: row.handler for row in rows if row.run.outcome is Outcome.SUCCEEDED})
    return [_moving(row.run, moved[row.pk]) if row.pk in moved else row.run for row in rows]


def _moving(run: EndedRun, moved: _Moved) -> EndedRun:
    return replace(run, records=moved.records, moving_seconds=moved.seconds, unit=moved.unit)


def _moved(handlers: Mapping[int, str]) -> Mapping[int, _Moved]:
    """Of each run what went through the one step of kind `migration` that moved most."""
    done = StepRun.objects.filter(run__in=list(handlers), partition=0, state=StepState.SUCCEEDED, done__gt=0)
    moving = _moving_steps(done)
    found: dict[int, _Moved] = {}
    rows = done.filter(step__in={step for _, step in moving}).order_by("pk")
    for run, step, records, unit, began, ended in rows.values_list(
        "run", "step", "done", "unit", "started_at", "ended_at"
    ):
        if (handlers[run], step) in moving and records > found.get(run, _Moved()).records:
            found[run] = _Moved(records, _span(began, ended), unit)
    return found


def _moving_steps(done: QuerySet[StepRun]) -> frozenset[tuple[str, str]]:
    """(handler, step id). The kind of a step is in plans alone, so it is looked up in one plan that has the step."""
    steps = done.order_by().values_list("run__migration__handler", "step").annotate(newest=Max("run"))
    known = list(steps[:MOST_STEPS])
    plans = Run.objects.filter(pk__in={run for _, _, run in known}).values_list("pk", "revision__content__steps")
    kinds = {(run, step["id"]): step["kind"] for run, planned in plans for step in _listed(planned)}
    return frozenset((handler, step) for handler, step, run in known if kinds.get((run, step)) == StepKind.MIGRATION)


def _listed(planned: Any) -> Iterable[Mapping[str, Any]]:
    return planned or ()


def _span(began: datetime | None, ended: datetime | None) -> float:
    """Seconds; 0 for a run that ended before it began to work."""
    return max(((ended - began) if began and ended else timedelta()).total_seconds(), 0.0)
