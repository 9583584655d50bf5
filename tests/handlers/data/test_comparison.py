import pytest

from migrations_app.handlers.data.comparison import NO_ROWS, Comparer, DifferenceKind, Found, Sums
from migrations_app.handlers.data.kept import load
from migrations_app.stores.tables.base import ChunkDigest, Side
from migrations_app.stores.tables.selection import EVERYTHING, KeyRange, KeyValue, Selection
from tests.handlers.data.moves import Move, change


def selection(move: Move, name: str) -> Selection:
    move.parameters = {"existing": "empty"}
    move.without_notes()
    return next(each for each in load(move.context("copy_01")).selections if each.target == name)


def looked(move: Move, wanted: Selection, aside: set[KeyValue] | None = None) -> Found:
    with move.source.open(read_only=True) as source, move.target.open(read_only=True) as target:
        return Comparer(source, target, aside or set()).look(wanted, EVERYTHING)


def test_what_is_equal_has_equal_digests_and_rows(level: Move) -> None:
    found = looked(level, selection(level, "orders"))
    assert (found.source, found.differs, found.source.rows, found.aside) == (found.target, False, 120, NO_ROWS)


def test_each_difference_has_its_kind_and_key(level: Move) -> None:
    orders = selection(level, "orders")
    change(level.target, "DELETE FROM orders WHERE person = 3 AND number = 0")
    change(level.target, "UPDATE orders SET note = 'other' WHERE person = 4 AND number = 1")
    change(level.target, "INSERT INTO orders VALUES (5, 7, NULL, NULL)")
    assert list(looked(level, orders).named()) == [
        (DifferenceKind.MISSING, ("3", "0")),
        (DifferenceKind.EXTRA, ("5", "7")),
        (DifferenceKind.VALUE, ("4", "1")),
    ]


def test_a_row_that_was_put_aside_may_be_missing_and_its_digest_completes_the_sum(level: Move) -> None:
    orders = selection(level, "orders")
    change(level.target, "DELETE FROM orders WHERE person = 3")
    found = looked(level, orders, {("3", "0"), ("3", "1")})
    both = Sums()
    both.add(found.target)
    both.add(found.aside)
    assert (found.differs, found.aside.rows, both.total) == (False, 2, found.source)
    assert looked(level, orders, {("3", "0")}).missing == (("3", "1"),)


def test_without_a_key_rows_are_counted_by_what_they_hold(level: Move) -> None:
    notes = selection(level, "notes")
    found = looked(level, notes)
    assert (len(found.missing), len(found.extra), found.differs) == (20, 0, True)
    assert not looked(level, notes, {(str(number),) for number in range(20)}).differs


@pytest.mark.parametrize("rows", [1, 7, 60, 1000])
def test_chunks_cover_everything_once(level: Move, rows: int) -> None:
    people = selection(level, "people")
    with level.source.open(read_only=True) as source, level.target.open(read_only=True) as target:
        chunks = list(Comparer(source, target).chunks(people, EVERYTHING, rows))
        counts = [source.count(people, chunk, side=Side.SOURCE) for chunk in chunks]
    assert chunks[0].after is None
    assert chunks[-1].upto is None
    assert [chunk.upto for chunk in chunks[:-1]] == [chunk.after for chunk in chunks[1:]]
    assert (sum(counts), max(counts) <= rows) == (60, True)


def test_a_table_without_a_key_is_one_chunk(level: Move) -> None:
    notes = selection(level, "notes")
    with level.source.open(read_only=True) as source, level.target.open(read_only=True) as target:
        assert list(Comparer(source, target).chunks(notes, EVERYTHING, 3)) == [KeyRange()]


def test_sums_go_round() -> None:
    sums = Sums()
    for _ in range(2):
        sums.add(ChunkDigest(3, "8" + "0" * 31))
    assert sums.total == ChunkDigest(6, "0" * 32)
