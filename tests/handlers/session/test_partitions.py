import pytest

from migrations_app.engine.errors import LeaseLost
from migrations_app.engine.ports import WorkerToken, partition_scope
from migrations_app.handlers.session.partitions import TRANSFER, close_partitions
from migrations_app.handlers.session.sides import writing
from tests.handlers.session.contexts import context
from tests.handlers.session.moves import Move, content, fill, sessions


def test_no_partition_writes_any_more_and_the_run_does(redis_place, sqlite_place):
    move = Move(redis_place(), sqlite_place(), options={"parallel_workers": 3})
    fill(move.target, [])
    ctx = context(move)

    with writing(ctx, "target") as store:
        drivers = [WorkerToken(partition_scope(move.run_id, TRANSFER, index), 7) for index in range(3)]
        for driver in drivers:
            store.raise_worker_fence(driver)
        close_partitions(move.run_id, 3, store)
        for driver in drivers:
            with pytest.raises(LeaseLost):
                store.apply(sessions(1), driver)
        store.apply(sessions(1), ctx.worker)

    assert len(content(move.target)) == 1
