from dataclasses import replace
from datetime import UTC, datetime, timedelta

from migrations_app.engine.vocabulary import RunKind, RunState, StepKind, StepState
from migrations_app.selectors.run_rows import RunRow
from migrations_app.selectors.run_steps import StepProgress
from migrations_app.web.gantt import draw

T0 = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


RUN = RunRow(
    id=1,
    migration_id=1,
    migration_title="Move",
    environment_id=1,
    environment="dev",
    protected=False,
    kind=RunKind.APPLY,
    state=RunState.RUNNING,
    is_final=False,
    revision=1,
    digest="",
    current_step="b",
    percentage=50,
    steps_completed=1,
    steps_total=3,
    last_seq=3,
    started_by="Olga",
    created_at=T0,
    started_at=T0,
    ended_at=None,
    elapsed_seconds=30,
    parked_because="",
    waits="",
    wake_at=None,
    undoes=None,
    zero_downtime=False,
    handler="session",
)
STEP = StepProgress(
    number=1,
    id="a",
    kind=StepKind.MIGRATION,
    title="A",
    state=StepState.SUCCEEDED,
    attempt=1,
    done=0,
    total=None,
    unit="",
    percentage=None,
    rate=None,
    started_at=T0,
    ended_at=after(10),
    elapsed_seconds=10,
    estimated_seconds=10,
    undo_title="",
    reversible=True,
    error="",
    result=(),
    counters=(),
    partitions=(),
)
RUNNING = replace(STEP, id="b", state=StepState.RUNNING, started_at=after(10), ended_at=None)
PENDING = replace(STEP, id="c", state=StepState.PENDING, started_at=None, ended_at=None, estimated_seconds=20)


def test_steps_lie_behind_each_other_and_what_is_to_come_is_expected() -> None:
    chart = draw(RUN, (STEP, RUNNING, PENDING), now=after(20))
    bars = [chart.bars[name] for name in "abc"]
    assert [(bar.x, bar.width, bar.kind) for bar in bars if bar] == [
        ("0.00", "25.00", "done"),
        ("25.00", "25.00", "running"),
        ("50.00", "50.00", "expected"),
    ]
    assert chart.label == "12:00:00 – 12:00:40 UTC"


def test_a_run_that_has_ended_expects_nothing_more() -> None:
    ended = replace(RUN, state=RunState.FAILED, is_final=True, ended_at=after(20))
    failed = replace(RUNNING, state=StepState.FAILED, ended_at=after(20))
    chart = draw(ended, (STEP, failed, PENDING), now=after(99))
    assert chart.bars["c"] is None
    assert chart.bars["b"] is not None
    assert chart.bars["b"].kind == "failed"


def test_a_run_that_has_not_started_has_no_bars() -> None:
    chart = draw(replace(RUN, started_at=None), (PENDING,), now=T0)
    assert (chart.bars, chart.label) == ({"c": None}, "")


def test_a_very_short_step_stays_visible() -> None:
    short = replace(STEP, ended_at=after(0.001))
    chart = draw(RUN, (short, RUNNING), now=after(1000))
    assert chart.bars["a"] is not None
    assert float(chart.bars["a"].width) > 1
