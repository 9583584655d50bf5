import pytest

from migrations_app.engine.errors import LeaseLost, MigrationError
from migrations_app.engine.ports import CLOSED_TOKEN, WorkerToken
from migrations_app.handlers.data.parameters import SOURCE, TARGET
from migrations_app.handlers.data.sides import close_partitions, reading, writing
from tests.handlers.data.moves import Move


def test_what_is_opened_for_reading_cannot_be_written_to(move: Move) -> None:
    ctx = move.context()
    with reading(ctx.targets[SOURCE]) as source, pytest.raises(MigrationError):
        source.raise_worker_fence(ctx.worker)


def test_an_earlier_driver_is_kept_out(move: Move) -> None:
    later = move.context(worker=WorkerToken("run:1", 2))
    with writing(later, TARGET):
        pass
    with pytest.raises(LeaseLost), writing(move.context(worker=WorkerToken("run:1", 1)), TARGET):
        pass


def test_a_partitions_driver_that_wakes_up_late_is_kept_out(move: Move) -> None:
    ctx = move.context("copy_01", leased_partitions=2)
    with writing(ctx, TARGET) as target:
        close_partitions(ctx, target)
        with pytest.raises(LeaseLost):
            target.raise_worker_fence(WorkerToken("run:1:copy_01:1", CLOSED_TOKEN - 1))
