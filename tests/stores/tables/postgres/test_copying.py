import pytest

from migrations_app.stores.tables.selection import EVERYTHING
from tests.stores.tables.orders import WORKER, Move, selection_of, some_orders

pytestmark = pytest.mark.servers
KEY = ("shop", "number")


@pytest.fixture
def pair(orders_in):
    source, target = orders_in("postgres"), orders_in("postgres")
    source.create()
    source.fill(some_orders(100))
    return source, target


def test_the_same_types_travel_in_binary(pair):
    source, target = pair
    target.create()
    with source.open() as one, target.open() as other:
        selection = selection_of(one, other, (source.name, target.name), KEY)
        spoken = one.blocks(selection, EVERYTHING)

        assert spoken is not None
        assert spoken[0]
        assert next(spoken[1]).startswith(b"PGCOPY")
        spoken[1].close()


def test_triggers_are_silent_where_that_is_permitted(pair):
    source, target = pair
    target.create()
    target.sql(
        "CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.note := 'x'; RETURN NEW; END $$; "
        "CREATE TRIGGER spoil BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION spoil()"
    )
    with source.open() as one, target.open() as other:
        other.raise_worker_fence(WORKER)
        move = Move(one, other, selection_of(one, other, (source.name, target.name), KEY))
        move.run()

        assert other.silent
        assert move.identical()


def test_a_constraint_that_waits_for_the_commit_is_named(pair):
    source, target = pair
    target.create("CONSTRAINT one_note UNIQUE (day) DEFERRABLE INITIALLY DEFERRED")
    with source.open() as one, target.open() as other:
        other.raise_worker_fence(WORKER)
        move = Move(one, other, selection_of(one, other, (source.name, target.name), KEY))
        source.sql("UPDATE orders SET day = '2000-01-01' WHERE number IN (20, 21, 22)")
        copied = move.run()

        assert copied.rows == 98
        assert len(move.rejected) == 2
        assert all("one_note" in row.reason for row in move.rejected)
