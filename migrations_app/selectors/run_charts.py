"""What the charts of a run's page draw: how fast it copies, and for a zero-downtime run what its route felt of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median

from migrations_app.engine.vocabulary import RouteSeries, RunState
from migrations_app.models import Route, RouteSample, Run
from migrations_app.models.actor import Actor
from migrations_app.models.route import PLACES, SPAN_SECONDS, span_of
from migrations_app.selectors.hand_over import MOVES_ROUTES, moved_route, route_row
from migrations_app.selectors.run_visibility import visible_run
from migrations_app.selectors.throughput import Throughput, throughput_of

POINTS = 90
KEPT = timedelta(seconds=PLACES * SPAN_SECONDS)
FEWEST_BEFORE = 6  # samples before the run (half a minute) that tell what was usual


@dataclass(frozen=True, slots=True)
class Reading:
    """`value` is the greatest up to `at`, since the reading before it; None while nothing was reported."""

    at: datetime
    value: int | None


@dataclass(frozen=True, slots=True)
class Curve:
    """`usual` is the median of what was reported before the run began (None: too little was)."""

    readings: tuple[Reading, ...]
    usual: int | None = None


@dataclass(frozen=True, slots=True)
class RunCharts:
    """All from `begin` to `end`. `lag` in ms and `added` in µs are None for a run that moves no route."""

    run_id: int
    is_final: bool
    begin: datetime
    end: datetime
    rate: Throughput | None
    lag: Curve | None
    added: Curve | None

    @property
    def shows(self) -> bool:
        return self.rate is not None or self.lag is not None


def run_charts(*, actor: Actor, run_id: int, now: datetime) -> RunCharts:
    """Raises NotFound."""
    run = visible_run(actor, run_id)
    end = run.ended_at or now
    begin = max(run.started_at or end, end - KEPT)
    route = _route(run)
    moves = run.kind in MOVES_ROUTES and moved_route(run.revision.content) is not None
    return RunCharts(
        run_id=run.pk,
        is_final=RunState(run.state).is_final,
        begin=begin,
        end=end,
        rate=throughput_of(run),
        lag=_curve(route, RouteSeries.LAG, begin, end) if moves else None,
        added=_curve(route, RouteSeries.ADDED, begin, end) if moves else None,
    )


def _route(run: Run) -> Route | None:
    moved = moved_route(run.revision.content) if run.kind in MOVES_ROUTES else None
    return route_row(run, moved) if moved is not None else None


def _curve(route: Route | None, series: RouteSeries, begin: datetime, end: datetime) -> Curve:
    if route is None:
        return Curve(())
    rows = RouteSample.objects.filter(route=route, series=series, span__gte=span_of(end - KEPT), span__lte=span_of(end))
    samples = sorted(rows.values_list("span", "value"))
    before = [value for span, value in samples if span < span_of(begin)]
    usual = round(median(before)) if len(before) >= FEWEST_BEFORE else None
    return Curve(readings([sample for sample in samples if sample[0] >= span_of(begin)], begin, end), usual)


def readings(samples: Sequence[tuple[int, int]], begin: datetime, end: datetime) -> tuple[Reading, ...]:
    """At most `POINTS`, equally far apart; peaks stay. `samples` are (span, value)."""
    first, last = span_of(begin), span_of(end)
    width = (last - first) // POINTS + 1
    greatest: dict[int, int] = {}
    for span, value in samples:
        place = (span - first) // width
        greatest[place] = max(value, greatest.get(place, 0))
    if not greatest:
        return ()
    return tuple(Reading(_moment(first + place * width), greatest.get(place)) for place in range(max(greatest) + 1))


def _moment(span: int) -> datetime:
    return datetime.fromtimestamp(span * SPAN_SECONDS, UTC)
