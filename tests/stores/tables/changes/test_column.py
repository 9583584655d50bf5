"""What a change column tells of, and what it does not."""

import pytest

from migrations_app.engine.errors import StepFailed
from migrations_app.stores.tables.changes.column import Followed, follow, greatest
from tests.stores.tables.changes.pairs import Road
from tests.stores.tables.changes.places import WORKER

pytestmark = pytest.mark.servers


def nothing() -> None:
    """Nobody watches."""


def passed(way: Road, seen: Followed, column: str = "id") -> Followed:
    """`items` by its key, which grows with each row."""
    follow(way.source, way.target, way.selections[0], column, WORKER, seen, nothing)
    return seen


def test_what_has_grown_is_brought_and_only_that(way: Road):
    way.here.run("INSERT INTO {items} VALUES (1, 'a', ''), (2, 'b', '')")
    seen = passed(way, Followed())
    assert (seen.changes, seen.upto) == (2, {way.here.items: "2"})
    way.here.run("INSERT INTO {items} VALUES (3, 'c', '')", "UPDATE {items} SET note = 'unseen' WHERE id = 1")
    passed(way, seen)

    assert [row[:3] for row in way.rows_there("items")] == [(1, "a", ""), (2, "b", ""), (3, "c", "")]
    assert seen.changes == 4  # the newest of before once more: others may have had the same value


def test_deleted_rows_stay(way: Road):
    way.here.run("INSERT INTO {items} VALUES (1, 'a', ''), (2, 'b', '')")
    seen = passed(way, Followed())
    way.here.run("DELETE FROM {items} WHERE id = 1")
    passed(way, seen)

    assert len(way.rows_there("items")) == 2
    assert not way.level()


def test_an_empty_table_has_no_greatest_value(way: Road):
    assert greatest(way.source, way.selections[0], "id") is None
    assert passed(way, Followed()).upto == {}


def test_values_that_are_missing_do_not_count(way: Road):
    way.here.run("INSERT INTO {items} VALUES (1, 'a', NULL), (2, 'b', 'x')")

    assert greatest(way.source, way.selections[0], "note") == "x"


def test_a_column_that_has_gone_is_said(way: Road):
    with pytest.raises(StepFailed, match="no column updated_at"):
        greatest(way.source, way.selections[0], "updated_at")
