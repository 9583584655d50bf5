import pytest

from migrations_app.handlers.data.live.settling import Settler
from tests.stores.tables.changes.pairs import road

pytestmark = pytest.mark.servers
KEYS = [("1",), ("2",), ("3",)]


@pytest.fixture
def way(make_place):
    with road(make_place("postgres"), make_place("sqlite")) as made:
        made.here.run("INSERT INTO {items} VALUES (1, 'a', ''), (2, 'b', ''), (3, 'c', '')")
        made.catch_up().once()
        yield made


def test_a_row_whose_change_waits_is_no_difference(way):
    settler, items = Settler(way.source, way.target, way.log), way.selections[0]
    way.here.run("UPDATE {items} SET note = 'new' WHERE id = 1", "DELETE FROM {items} WHERE id = 2")
    assert settler.settle(items, KEYS) == set()
    way.there.run("UPDATE {items} SET note = 'damaged' WHERE id = 3")

    assert settler.settle(items, KEYS) == {("3",)}


def test_a_change_that_was_committed_late_is_found_under_its_smaller_number(way):
    settler, items = Settler(way.source, way.target, way.log), way.selections[0]
    with way.here.writer() as slow:
        slow.begin()
        slow.run("UPDATE {items} SET note = 'slow' WHERE id = 1")
        way.here.run("UPDATE {items} SET note = 'quick' WHERE id = 2")
        assert settler.settle(items, KEYS) == set()
        slow.commit()

    assert settler.settle(items, KEYS) == set()


def test_of_an_emptied_table_any_row_may_wait(way):
    way.here.run("TRUNCATE {items} CASCADE")

    assert Settler(way.source, way.target, way.log).settle(way.selections[0], KEYS) == set()
