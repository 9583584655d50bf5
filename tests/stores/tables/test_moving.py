"""Copies of every pair of databases: whole, interrupted, overtaken, and with rows that are refused."""

from dataclasses import replace

import pytest

from migrations_app.engine.errors import DependencyUnavailable, LeaseLost, ValidationFailed
from migrations_app.engine.ports import WorkerToken
from migrations_app.stores.tables.base import Copied, Side
from migrations_app.stores.tables.moving import copy_range
from migrations_app.stores.tables.selection import (
    EVERYTHING,
)
from tests.stores.tables.orders import KEY, SCOPE, WORKER, Move, selection_of, some_orders

pytestmark = pytest.mark.servers


class Interrupted(Exception):
    pass


def test_a_copy_is_identical_row_by_row(move):
    copied = move.run(rows=70)

    assert copied.rows == 500
    assert copied.bytes > 20_000
    assert len(move.marks) == 8 + 1  # the last one says that it is finished
    assert move.marks[-1].finished
    assert move.marks[-1].rows == 500
    assert move.identical()
    both = [
        list(database.row_digests(move.selection, EVERYTHING, side=side))
        for database, side in ((move.source, Side.SOURCE), (move.target, Side.TARGET))
    ]
    assert len(both[0]) == 500
    assert both[0] == both[1]


def test_a_second_call_has_nothing_left_to_do(move):
    move.run()

    assert move.run() == Copied(0, 0)
    assert move.identical()


@pytest.mark.parametrize("chunks", [1, 3, 8])
def test_an_interrupted_copy_goes_on_at_its_mark(move, chunks):
    def interrupt(count):
        if count == chunks:
            raise Interrupted

    with pytest.raises(Interrupted):
        move.run(rows=70, interrupt=interrupt)
    there = move.target.count(move.selection, EVERYTHING, side=Side.TARGET)
    copied = move.run(rows=130)

    assert there == min(500, chunks * 70)
    assert copied.rows == 500 - there
    assert move.target.marks(SCOPE)[SCOPE].rows == 500
    assert move.identical()


def test_a_stale_worker_writes_nothing(move, pair):
    def overtake(count):
        if count == 2:
            with pair[1].open() as other:
                other.raise_worker_fence(replace(WORKER, token=WORKER.token + 1))

    # PostgreSQL ends the session of a predecessor, which may hang: it learns that it was overtaken when it comes back.
    with pytest.raises((LeaseLost, DependencyUnavailable)):
        move.run(rows=70, interrupt=overtake)
    with pytest.raises(LeaseLost):
        move.run()

    assert move.target.count(move.selection, EVERYTHING, side=Side.TARGET) == 140
    assert move.target.marks(SCOPE)[SCOPE].rows == 140
    with pytest.raises(LeaseLost):
        move.target.remove(move.selection, [("shop a0", "0")], WORKER)
    with pytest.raises(LeaseLost):
        move.target.raise_worker_fence(WORKER)


def test_a_worker_without_a_fence_writes_nothing(move):
    with pytest.raises(LeaseLost):
        move.run(worker=WorkerToken("run:8:copy:0", 99))

    assert move.target.count(move.selection, EVERYTHING, side=Side.TARGET) == 0


def test_a_commit_that_arrives_late_is_noticed(move, pair):
    """Two with the same token: as when the answer to a commit was lost, and the one who waited for it came back."""

    def overlap(count):
        if count == 2:
            with pair[0].open() as source, pair[1].open() as target:
                Move(source, target, move.selection).run(rows=90)

    move.run(rows=70, interrupt=overlap)

    assert move.target.count(move.selection, EVERYTHING, side=Side.TARGET) == 500
    assert move.target.marks(SCOPE)[SCOPE].rows == 500
    assert move.identical()


def test_refused_rows_are_named_and_all_others_arrive(pair):
    source, target = pair
    source.create()
    source.fill(some_orders(300))
    target.create("CHECK (number NOT IN (0, 17, 18, 19, 150, 299))")
    with source.open() as one, target.open() as other:
        other.raise_worker_fence(WORKER)
        move = Move(one, other, selection_of(one, other, (source.name, target.name), KEY))
        copied = move.run(rows=100)

        assert copied.rows == 294
        assert copied.rejected == 6
        assert sorted(int(row.values["number"] or "") for row in move.rejected) == [0, 17, 18, 19, 150, 299]
        assert all("CHECK" in row.reason.upper() for row in move.rejected)
        assert {row.table for row in move.rejected} == {source.name}
        assert all(set(row.values) == {one.target for one in move.selection.columns} for row in move.rejected)
        assert other.count(move.selection, EVERYTHING, side=Side.TARGET) == 294


def test_a_quarantine_that_stops_leaves_the_mark_before_the_row(pair):
    source, target = pair
    source.create()
    source.fill(some_orders(50))
    target.create("CHECK (number <> 20)")

    def stop(_):
        raise Interrupted

    with source.open() as one, target.open() as other:
        other.raise_worker_fence(WORKER)
        move = Move(one, other, selection_of(one, other, (source.name, target.name), KEY))
        with pytest.raises(Interrupted):
            copy_range(
                one,
                other,
                move.selection,
                EVERYTHING,
                scope=SCOPE,
                worker=WORKER,
                rows=10,
                bytes=10**6,
                after_chunk=lambda *_: None,
                quarantine=stop,
            )
        move.run()

        assert [row.values["number"] for row in move.rejected] == ["20"]
        assert other.count(move.selection, EVERYTHING, side=Side.TARGET) == 49


def test_a_table_without_a_key_goes_whole_and_is_compared_as_a_multiset(pair):
    source, target = pair
    source.create(key=False)
    rows = some_orders(60)
    source.fill(rows + rows[:7])
    target.create(key=False)
    with source.open() as one, target.open() as other:
        other.raise_worker_fence(WORKER)
        move = Move(one, other, selection_of(one, other, (source.name, target.name), ()))
        copied = move.run(rows=10)
        repeated = move.run(rows=10)

        assert copied.rows == 67
        assert repeated.rows == 0
        assert move.identical()
        digests = [
            list(database.row_digests(move.selection, EVERYTHING, side=side))
            for database, side in ((one, Side.SOURCE), (other, Side.TARGET))
        ]
        assert len(digests[0]) == 67
        assert digests[0] == digests[1]


def test_a_refused_row_of_a_table_without_a_key_stops_it(pair):
    source, target = pair
    source.create(key=False)
    source.fill(some_orders(10))
    target.create("CHECK (number <> 5)", key=False)
    with source.open() as one, target.open() as other:
        other.raise_worker_fence(WORKER)
        move = Move(one, other, selection_of(one, other, (source.name, target.name), ()))
        with pytest.raises(ValidationFailed, match="refuses a row"):
            move.run()

        assert other.count(move.selection, EVERYTHING, side=Side.TARGET) == 0
