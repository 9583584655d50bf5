import pytest

from migrations_app.engine.ports import WorkerToken
from migrations_app.stores.tables.changes.ownership import of_another, outranked, rank


def test_a_later_run_outranks_and_then_the_later_claim():
    workers = [WorkerToken("run:7", 1), WorkerToken("run:7:copy:0", 2), WorkerToken("run:12", 1)]

    workers.reverse()
    workers.sort(key=rank)

    assert [worker.scope for worker in workers] == ["run:7", "run:7:copy:0", "run:12"]


def test_another_scope_is_none_of_a_run():
    with pytest.raises((ValueError, IndexError)):
        rank(WorkerToken("seed", 1))


def test_errors_say_whose_it_is_and_what_was_left():
    assert "run 7" in of_another("shop.sqlite3", 7).message
    assert of_another("shop.sqlite3", 7).recovery_actions == (
        "Finish or roll back run 7, which removes its log, then plan again.",
    )
    assert "run:7" in outranked(WorkerToken("run:7", 3), "shop.sqlite3").message
