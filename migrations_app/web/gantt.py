"""When each step ran, as bars in one hundredths of the run's time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from migrations_app.engine.vocabulary import RunState, StepState
from migrations_app.selectors.runs import RunRow, StepProgress

WIDTH = 100.0
SHORT = timedelta(minutes=10)
NARROWEST = 1.2  # a step of a few milliseconds stays visible


@dataclass(frozen=True, slots=True)
class Bar:
    """`x` and `width` as text for SVG attributes; `kind` is done, running, failed, undone or expected."""

    x: str
    width: str
    kind: str


@dataclass(frozen=True, slots=True)
class Gantt:
    """`bars` has one entry a step, None for a step that neither ran nor is expected. `label` is the time axis."""

    bars: dict[str, Bar | None]
    begin: datetime | None
    end: datetime | None

    @property
    def label(self) -> str:
        """`14:02 – 14:20 UTC`, with seconds when it is about minutes."""
        if self.begin is None or self.end is None:
            return ""
        form = "%H:%M:%S" if self.end - self.begin < SHORT else "%H:%M"
        return f"{self.begin:{form}} – {self.end:{form}} UTC"


_KINDS = {
    StepState.RUNNING: "running",
    StepState.WAITING: "running",
    StepState.FAILED: "failed",
    StepState.UNDO_FAILED: "failed",
    StepState.UNDONE: "undone",
    StepState.UNDOING: "undone",
}


def draw(run: RunRow, steps: Sequence[StepProgress], *, now: datetime) -> Gantt:
    """Steps still to come are drawn from their estimates while the run is alive."""
    if run.started_at is None:
        return Gantt({step.id: None for step in steps}, None, None)
    spans: dict[str, tuple[datetime, datetime, str]] = {}
    reached = run.started_at
    for step in steps:
        if step.started_at is not None:
            end = step.ended_at or now
            spans[step.id] = (step.started_at, end, _KINDS.get(step.state, "done"))
            reached = max(reached, end)
    if not run.is_final and run.state is not RunState.ROLLING_BACK:
        for step in steps:
            if step.started_at is None and step.state == StepState.PENDING:
                end = reached + timedelta(seconds=step.estimated_seconds)
                spans[step.id] = (reached, end, "expected")
                reached = end
    end = max(run.ended_at or reached, reached)
    total = max((end - run.started_at).total_seconds(), 0.001)
    return Gantt({step.id: _bar(spans.get(step.id), run.started_at, total) for step in steps}, run.started_at, end)


def _bar(span: tuple[datetime, datetime, str] | None, begin: datetime, total: float) -> Bar | None:
    if span is None:
        return None
    start, end, kind = span
    x = (start - begin).total_seconds() / total * WIDTH
    width = max((end - start).total_seconds() / total * WIDTH, NARROWEST)
    return Bar(f"{min(max(x, 0.0), WIDTH - NARROWEST):.2f}", f"{min(width, WIDTH):.2f}", kind)
