"""Ranges, filters, transforms and single rows mean the same in every pair of databases."""

import threading
from dataclasses import replace

import pytest

from migrations_app.engine.errors import LeaseLost
from migrations_app.engine.ports import WorkerToken
from migrations_app.stores.tables.base import Side
from migrations_app.stores.tables.moving import write_rows
from migrations_app.stores.tables.selection import (
    EVERYTHING,
    Condition,
    Mapped,
    Operator,
    Selection,
    Transform,
    TransformKind,
)
from tests.stores.tables.orders import KEY, WORKER, Move, selection_of, some_orders

pytestmark = pytest.mark.servers


def test_rows_of_both_sides_have_the_same_canonical_texts(move):
    move.run()
    keys = [key for key, _ in move.source.row_digests(move.selection, EVERYTHING, side=Side.SOURCE)]

    shown = [
        {row.key: row.values for row in database.rows(move.selection, keys, side=side)}
        for database, side in ((move.source, Side.SOURCE), (move.target, Side.TARGET))
    ]

    assert len(shown[0]) == 500
    assert shown[0] == shown[1]


def test_ranges_are_disjoint_and_cover_everything(pair):
    source, target = pair
    source.create()
    source.fill(some_orders(5000))
    target.create()
    with source.open() as one, target.open() as other:
        selection = selection_of(one, other, (source.name, target.name), KEY)
        ranges = one.split(selection, 4)
        assert len(ranges) == 4
        assert [one.count(selection, each, side=Side.SOURCE) for each in ranges] == [1250] * 4
        assert len(one.split(selection, 40)) == 5  # a part of a thousand rows is not worth a connection of its own
        assert one.split(selection, 1) == (EVERYTHING,)

        workers = [WorkerToken(f"run:7:copy:{number}", 1) for number in range(4)]
        errors: list[BaseException] = []

        def copy(number):
            try:
                with source.open() as mine, target.open() as theirs:
                    theirs.raise_worker_fence(workers[number])
                    Move(mine, theirs, selection).run(
                        rows=300, worker=workers[number], scope=f"run:7:copy:orders:{number}", within=ranges[number]
                    )
            except BaseException as error:  # noqa: BLE001 - told by the test
                errors.append(error)

        threads = [threading.Thread(target=copy, args=[number]) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert not errors
        assert Move(one, other, selection).identical()
        assert [mark.rows for mark in other.marks("run:7:copy:orders:").values()] == [1250] * 4


def test_only_rows_that_the_filter_wants_and_as_they_are_to_become(pair):
    source, target = pair
    source.create()
    source.fill(some_orders(200))
    target.create()
    with source.open() as one, target.open() as other:
        other.raise_worker_fence(WORKER)
        whole = selection_of(one, other, (source.name, target.name), KEY)
        types = {mapped.target: mapped.type for mapped in whole.columns}
        selection = Selection(
            source.name,
            target.name,
            KEY,
            (
                Mapped("shop", "shop", type=types["shop"]),
                Mapped("number", "number", type=types["number"]),
                Mapped("amount", "amount", (Transform(TransformKind.ROUND, "0"),), types["amount"]),
                Mapped("weight", "number", type=types["weight"]),
                Mapped("placed_at", "number", (Transform(TransformKind.EPOCH_SECONDS),), types["placed_at"]),
                Mapped(
                    "note",
                    "note",
                    (
                        Transform(TransformKind.IF_NULL, "none"),
                        Transform(TransformKind.UPPER),
                        Transform(TransformKind.CUT, "5"),
                        Transform(TransformKind.NULL_IF, "LINE\n"),
                    ),
                    types["note"],
                ),
                Mapped("paid", None, (Transform(TransformKind.CONSTANT, "true"),), types["paid"]),
            ),
            (
                Condition("number", Operator.AT_LEAST, ("50",)),
                Condition("shop", Operator.NOT_EQUAL, ("shop b3",)),
                Condition("paid", Operator.NOT_NULL),
                Condition("number", Operator.ONE_OF, tuple(str(number) for number in range(190))),
            ),
        )
        move = Move(one, other, selection)
        copied = move.run()

        wanted = [row for row in some_orders(200) if 50 <= row[1] < 190 and row[0] != "shop b3" and row[5] is not None]
        assert copied.rows == len(wanted) > 80
        assert move.identical()
        shown = {
            row.values["number"]: row.values
            for row in other.rows(
                selection,
                [key for key, _ in other.row_digests(selection, EVERYTHING, side=Side.TARGET)],
                side=Side.TARGET,
            )
        }
        assert {value["note"] for value in shown.values()} == {
            None,
            "",
            "A\tB",
            "BACK\\\\",
            "GRüßE",
            "\\\\.",
            "NONE",
            "XXXXX",
            "'QUOT",
        }
        assert shown["61"]["placed_at"] == "1970-01-01 00:01:01+00"
        assert shown["61"]["weight"] == "61"
        assert {value["paid"] for value in shown.values()} == {"true"}


def test_single_rows_are_written_replaced_and_removed(move):
    move.run()
    keys = [key for key, _ in move.source.row_digests(move.selection, EVERYTHING, side=Side.SOURCE)][:5]

    assert move.target.remove(move.selection, keys, WORKER) == 5
    assert move.target.remove(move.selection, keys, WORKER) == 0
    assert not move.identical()
    assert write_rows(move.source, move.target, move.selection, keys, WORKER) == ()
    assert move.identical()
    spoiled = [
        replace(row, values={**row.values, "note": "spoiled"})
        for row in move.source.rows(move.selection, keys, side=Side.SOURCE)
    ]
    assert move.target.put(move.selection, spoiled, WORKER) == 5
    assert not move.identical()
    assert write_rows(move.source, move.target, move.selection, [*keys, ("nobody", "1")], WORKER) == ()
    assert move.identical()


def test_rows_that_change_places_in_another_unique_key_are_written(pair):
    source, target = pair
    for orders in pair:
        orders.create("UNIQUE (note)")
        orders.fill([("a", 1, *[None] * 7, "one"), ("a", 2, *[None] * 7, "two"), ("a", 3, *[None] * 7, "three")])
    source.sql("UPDATE orders SET note = note || '!'")
    source.sql("UPDATE orders SET note = CASE number WHEN 1 THEN 'two' WHEN 2 THEN 'one' ELSE 'three' END")
    with source.open() as one, target.open() as other:
        other.raise_worker_fence(WORKER)
        move = Move(one, other, selection_of(one, other, (source.name, target.name), KEY))
        refused = write_rows(one, other, move.selection, [("a", "1"), ("a", "2"), ("a", "3")], WORKER)

        assert refused == ()
        assert move.identical()


def test_a_row_that_is_refused_does_not_keep_the_others_out(pair):
    source, target = pair
    source.create()
    source.fill(some_orders(20))
    target.create("CHECK (number <> 7)")
    with source.open() as one, target.open() as other:
        other.raise_worker_fence(WORKER)
        selection = selection_of(one, other, (source.name, target.name), KEY)
        keys = [key for key, _ in one.row_digests(selection, EVERYTHING, side=Side.SOURCE)]
        refused = write_rows(one, other, selection, keys, WORKER)

        assert [row.values["number"] for row in refused] == ["7"]
        assert other.count(selection, EVERYTHING, side=Side.TARGET) == 19


def test_ranges_by_bytes_hold_the_same_rows_on_both_sides(move):
    move.run()
    bytewise = move.bytewise()
    middle = sorted(key for key, _ in move.source.row_digests(move.selection, EVERYTHING, side=Side.SOURCE))[200]

    for within in (replace(EVERYTHING, after=middle), replace(EVERYTHING, upto=middle)):
        digest = move.source.digest(bytewise.selection, within, side=Side.SOURCE)
        assert digest.rows in (299, 201)
        assert digest == move.target.digest(bytewise.selection, within, side=Side.TARGET)
        one, other = (
            list(database.row_digests(bytewise.selection, within, side=side))
            for database, side in ((move.source, Side.SOURCE), (move.target, Side.TARGET))
        )
        assert one == other
        assert [key for key, _ in one] == sorted(
            (key for key, _ in one), key=lambda key: [part.encode() for part in key]
        )


def test_what_was_copied_is_emptied_and_forgotten(move, pair):
    move.run()

    move.target.empty([pair[1].name], WORKER)
    assert move.target.count(move.selection, EVERYTHING, side=Side.TARGET) == 0
    assert move.target.marks("run:7:")
    move.target.forget("run:7:copy:orders:", WORKER)
    assert not move.target.marks("run:7:")
    move.target.forget("run:7:", WORKER)
    with pytest.raises(LeaseLost):
        move.run()
