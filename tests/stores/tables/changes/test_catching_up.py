"""Whatever happens at the source is at the target after the next pass, from and to both kinds of database."""

import pytest

from migrations_app.engine.crash_points import Crash, armed
from migrations_app.engine.errors import StepFailed
from migrations_app.stores.tables.changes.catching_up import FRUITLESS
from migrations_app.stores.tables.selection import Condition, Operator
from tests.stores.tables.changes.pairs import Road, road
from tests.stores.tables.changes.places import PostgresPlace

pytestmark = pytest.mark.servers
SOME = (
    "INSERT INTO {items} VALUES (1, 'a', 'first'), (2, 'b', 'second'), (3, 'c', NULL)",
    "INSERT INTO {parts} VALUES (1, 1, 'x'), (1, 2, 'y'), (2, 1, 'z')",
)


def test_inserts_updates_deletes_and_changes_of_keys_arrive(way: Road):
    way.here.run(*SOME)
    first = way.catch_up().once()
    assert (first.changes, first.remaining, first.lag_ms) == (6, 0, 0)
    assert way.rows_there("items") == [(1, "a", "first"), (2, "b", "second"), (3, "c", None)]
    way.here.run(
        "UPDATE {items} SET id = 10, note = 'Grüße 🙂' WHERE id = 1",  # its parts follow by the foreign key
        "DELETE FROM {items} WHERE id = 2",
        "UPDATE {items} SET note = '' WHERE id = 3",
        "INSERT INTO {parts} VALUES (3, 1, NULL)",
    )
    way.catch_up().once()

    assert way.rows_there("items") == [(3, "c", ""), (10, "a", "Grüße 🙂")]
    assert way.rows_there("parts") == [(3, 1, None), (10, 1, "x"), (10, 2, "y")]
    assert way.level()


def test_a_pass_with_nothing_to_do(way: Road):
    assert way.catch_up().once().changes == 0
    assert way.catch_up().until(0, 5).remaining == 0


def test_more_than_a_batch_and_a_row_that_comes_and_goes(way: Road):
    many = ", ".join(f"({number}, 'code {number}', '')" for number in range(2500))
    way.here.run(f"INSERT INTO {{items}} VALUES {many}", "DELETE FROM {items} WHERE id % 2 = 0")  # noqa: S608
    way.here.run("INSERT INTO {items} VALUES (0, 'again', '')")
    done = way.catch_up().once()

    assert done.remaining == 0
    assert len(way.rows_there("items")) == 1251
    assert way.level()


def test_rows_that_change_places_in_a_unique_column(way: Road):
    way.here.run(*SOME)
    way.catch_up().once()
    way.here.run(
        "UPDATE {items} SET code = 'between' WHERE id = 1",
        "UPDATE {items} SET code = 'a' WHERE id = 2",
        "UPDATE {items} SET code = 'b' WHERE id = 1",
    )
    way.catch_up().until(0, 10)

    assert [row[:2] for row in way.rows_there("items")] == [(1, "b"), (2, "a"), (3, "c")]
    assert way.level()


def test_a_driver_that_dies_between_any_two_lines_loses_nothing(way: Road):
    way.here.run(*SOME)
    way.catch_up().once()
    way.here.run("DELETE FROM {items} WHERE id = 2", "UPDATE {items} SET note = 'new' WHERE id = 1")
    for point in ("data.catch_up.removed", "data.catch_up.written"):
        with armed(f"{point}:raise"), pytest.raises(Crash):
            way.catch_up().once()
        assert way.log.pending().changes > 0
    way.catch_up().once()

    assert way.level()


def test_a_change_of_a_transaction_that_is_open_arrives_after_it(make_place):
    """Numbers of changes are given in one order, and committed in another."""
    with road(make_place("postgres"), make_place("sqlite")) as way, way.here.writer() as slow:
        slow.begin()
        slow.run("INSERT INTO {items} VALUES (1, 'a', '')")
        way.here.run("INSERT INTO {items} VALUES (2, 'b', '')")
        way.catch_up().once()
        assert [row[0] for row in way.rows_there("items")] == [2]
        slow.commit()
        way.catch_up().once()

        assert way.level()


def test_a_table_that_is_emptied(way: Road):
    way.here.run(*SOME)
    way.catch_up().once()
    if isinstance(way.here, PostgresPlace):
        way.here.run("TRUNCATE {items} CASCADE")
    else:
        way.here.run("DELETE FROM {items}")
    way.here.run("INSERT INTO {items} VALUES (3, 'new', '')")
    way.catch_up().once()

    assert way.rows_there("items") == [(3, "new", "")]
    assert way.rows_there("parts") == []
    assert way.level()


def test_a_row_that_is_no_longer_selected_goes(make_place):
    here, there = make_place("postgres"), make_place("postgres")
    with road(here, there, Condition("note", Operator.EQUAL, ("wanted",))) as way:
        here.run("INSERT INTO {items} VALUES (1, 'a', 'wanted'), (2, 'b', 'other')")
        way.catch_up().once()
        assert [row[0] for row in way.rows_there("items")] == [1]
        here.run("UPDATE {items} SET note = 'other' WHERE id = 1", "UPDATE {items} SET note = 'wanted' WHERE id = 2")
        way.catch_up().once()

        assert [row[0] for row in way.rows_there("items")] == [2]


class TestARowThatIsRefused:
    @pytest.fixture
    def narrow(self, make_place):
        here, there = make_place("postgres"), make_place("postgres")
        there.run("ALTER TABLE {items} ADD CHECK (note <> 'bad')")
        with road(here, there) as way:
            here.run("INSERT INTO {items} VALUES (1, 'a', 'good'), (2, 'b', 'bad'), (3, 'c', 'good')")
            yield way

    def test_is_tried_again_while_all_others_arrive(self, narrow):
        work = narrow.catch_up()
        assert work.once().remaining == 1
        assert [row[0] for row in narrow.rows_there("items")] == [1, 3]
        narrow.here.run("UPDATE {items} SET note = 'better' WHERE id = 2")
        assert work.once().remaining == 0
        assert narrow.level()

    def test_ends_it_by_name_in_the_end(self, narrow):
        work = narrow.catch_up()
        for _ in range(FRUITLESS - 1):
            work.once()
        with pytest.raises(StepFailed, match=r"1 row\(s\) of shop.items \(2\)"):
            work.once()

        assert narrow.log.pending().changes == 1

    def test_is_put_aside_where_that_was_chosen(self, narrow):
        aside = []
        work = narrow.catch_up(quarantine=aside.append)
        for _ in range(FRUITLESS):
            work.once()

        assert [(each.table, each.key) for each in aside] == [("shop.items", ("2",))]
        assert narrow.log.pending().changes == 0


def test_what_differs_is_named(way: Road):
    way.here.run(*SOME)
    way.catch_up().once()
    way.there.run("UPDATE {items} SET note = 'damaged' WHERE id = 1", "DELETE FROM {items} WHERE id = 3")
    work, items = way.catch_up(), way.selections[0]

    assert sorted(work.differ(items, [("1",), ("2",), ("3",), ("4",)])) == [("1",), ("3",)]
