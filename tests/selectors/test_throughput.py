"""How fast a run moved records, from its checkpoints."""

from datetime import UTC, datetime, timedelta
from statistics import mean

import pytest

from migrations_app.engine.events import EventType
from migrations_app.selectors import throughput
from migrations_app.selectors.throughput import Checkpoint, sampled, throughput_of
from tests.cast import Cast
from tests.selectors.journal import event, told

BEGIN = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def checkpoint(seconds: float, done: int, partition: int = 0) -> Checkpoint:
    return Checkpoint(BEGIN + timedelta(seconds=seconds), partition, done)


def test_a_steady_copy_has_a_level_rate() -> None:
    samples = sampled([checkpoint(second, second * 100) for second in range(11)], slices=5)
    assert [sample.per_second for sample in samples[1:4]] == [100, 100, 100]
    assert samples[-1].at == BEGIN + timedelta(seconds=10)


def test_nothing_is_lost_or_counted_twice() -> None:
    points = [checkpoint(0, 0), checkpoint(1, 10), checkpoint(2, 500), checkpoint(5, 501), checkpoint(8, 800)]
    samples = sampled(points, slices=2)
    assert [sample.per_second * 4 for sample in samples] == [500, 300]


def test_batches_that_do_not_fall_on_slices_make_no_waves() -> None:
    samples = sampled([checkpoint(second, second * 100) for second in range(31)], slices=9)
    assert {sample.per_second for sample in samples} == {100}


def test_partitions_add_up() -> None:
    points = [checkpoint(second, second * 10, partition) for second in range(9) for partition in (0, 1)]
    samples = sampled(points, slices=4)
    assert samples[1].per_second == samples[2].per_second == 20


def test_a_total_that_falls_is_a_fresh_beginning() -> None:
    points = [checkpoint(0, 0), checkpoint(1, 100), checkpoint(2, 40), checkpoint(4, 80)]
    assert sum(sample.per_second for sample in sampled(points, slices=1)) == round(180 / 4)


def test_too_few_checkpoints_say_nothing() -> None:
    assert sampled([checkpoint(0, 0), checkpoint(1, 100)]) == ()


def test_checkpoints_of_one_moment_say_nothing() -> None:
    assert sampled([checkpoint(1, n) for n in range(5)]) == ()


@pytest.mark.django_db
def test_of_many_checkpoints_some_are_looked_at_and_none_is_missed(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    saved = [event(EventType.CHECKPOINT_SAVED, "one", checkpoint={"n": n}, done=n * 100) for n in range(1, 41)]
    started = (event(EventType.RUN_STARTED), event(EventType.STEP_STARTED, "one"))
    run = told(*started, *saved, start=BEGIN, seconds=1)

    def rates() -> list[int]:
        found = throughput_of(run)
        assert found is not None
        return [sample.per_second for sample in found.samples]

    assert mean(rates()) == pytest.approx(100, abs=2)
    monkeypatch.setattr(throughput, "MOST_LOOKED_AT", 20)
    assert len(rates()) < 12
    assert mean(rates()) == pytest.approx(100, abs=2)
