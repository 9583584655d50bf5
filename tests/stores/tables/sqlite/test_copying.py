from migrations_app.stores.tables.base import Side
from migrations_app.stores.tables.moving import write_rows
from migrations_app.stores.tables.selection import EVERYTHING
from tests.stores.tables.orders import WORKER, Move, selection_of, some_orders

KEY = ("shop", "number")


def test_what_only_sqlite_can_hold_arrives_in_sqlite_as_it_was(orders_in):
    source, target = orders_in("sqlite"), orders_in("sqlite")
    source.create()
    source.fill(some_orders(30))
    source.sql("UPDATE orders SET note = CAST(X'41ff42' AS TEXT), weight = 'heavy', paid = X'01' WHERE number = 3")
    source.sql("UPDATE orders SET note = 'a' || char(0) || 'b' WHERE number = 4")
    target.create()
    with source.open() as one, target.open() as other:
        other.raise_worker_fence(WORKER)
        move = Move(one, other, selection_of(one, other, (source.name, target.name), KEY))
        copied = move.run()

        assert (copied.rows, copied.rejected) == (30, 0)
        assert move.identical()
    held = "SELECT typeof(note), hex(note), typeof(weight), weight, typeof(paid) FROM orders WHERE number = 3"
    assert target.sql(held) == source.sql(held) == [("text", "41FF42", "text", "heavy", "blob")]
    assert target.sql("SELECT hex(note) FROM orders WHERE number = 4") == [("610062",)]


def test_the_same_goes_to_quarantine_before_postgresql(orders_in):
    source, target = orders_in("sqlite"), orders_in("postgres")
    source.create()
    source.fill(some_orders(30))
    source.sql("UPDATE orders SET note = CAST(X'41ff42' AS TEXT) WHERE number = 3")
    source.sql("UPDATE orders SET note = 'a' || char(0) || 'b' WHERE number = 4")
    source.sql("UPDATE orders SET weight = 'heavy' WHERE number = 5")
    source.sql("UPDATE orders SET day = '2023-02-30' WHERE number = 6")
    target.create()
    with source.open() as one, target.open() as other:
        other.raise_worker_fence(WORKER)
        move = Move(one, other, selection_of(one, other, (source.name, target.name), KEY))
        copied = move.run()

        assert (copied.rows, copied.rejected) == (26, 4)
        assert other.count(move.selection, EVERYTHING, side=Side.TARGET) == 26
        assert {row.values["number"]: row.values for row in move.rejected}["4"]["note"] == "a\\0b"
        assert {row.values["number"] for row in move.rejected} == {"3", "4", "5", "6"}
        again = write_rows(one, other, move.selection, [row.key for row in move.rejected], WORKER)
        assert {row.values["number"] for row in again} == {"3", "4", "5", "6"}


def test_foreign_keys_are_checked_again_afterwards(orders_in):
    target = orders_in("sqlite")
    target.create()
    with target.open() as database:
        database.raise_worker_fence(WORKER)

        assert database._open().execute("PRAGMA foreign_keys").fetchone() == (1,)
