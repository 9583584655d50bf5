import threading

import pytest

from migrations_app.engine.errors import DependencyUnavailable
from migrations_app.stores.tables.moving import write_rows
from migrations_app.stores.tables.selection import EVERYTHING
from tests.stores.tables.orders import WORKER, Move, Orders, selection_of, some_orders
from tests.stores.tables.places import DatabasePlace

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


@pytest.fixture
def plain_user(postgres_server):
    """A user who is nobody special."""
    postgres_server.sql("CREATE ROLE plain_mover LOGIN PASSWORD 'plain'")
    yield "plain_mover"
    postgres_server.sql("DROP OWNED BY plain_mover; DROP ROLE plain_mover")


def test_triggers_fire_and_foreign_keys_hold_where_silence_is_not_permitted(pair, plain_user):
    source, target = pair
    target.create()
    target.sql(
        "CREATE TABLE shops (name text PRIMARY KEY); "
        "INSERT INTO shops VALUES ('shop a0'), ('shop b1'), ('shop Ä2'); "
        "ALTER TABLE orders ADD CONSTRAINT its_shop FOREIGN KEY (shop) REFERENCES shops"
    )
    target.sql(f"GRANT ALL ON SCHEMA public TO {plain_user}; GRANT ALL ON ALL TABLES IN SCHEMA public TO {plain_user}")
    place = DatabasePlace({**target.place.config, "username": plain_user}, {"password": "plain"})
    try:
        with source.open() as one, place.open() as other:
            other.raise_worker_fence(WORKER)
            move = Move(one, other, selection_of(one, other, (source.name, target.name), KEY))
            copied = move.run()

            assert not other.silent
            assert copied.rows == 100 - len(move.rejected) < 100
            assert all("its_shop" in row.reason for row in move.rejected)
            assert not other.orphans([target.name])
    finally:
        target.sql(f"DROP OWNED BY {plain_user}")


def test_what_triggers_would_have_refused_is_counted_afterwards(pair):
    source, target = pair
    target.create()
    target.sql(
        "CREATE TABLE shops (name text PRIMARY KEY); "
        "ALTER TABLE orders ADD CONSTRAINT its_shop FOREIGN KEY (shop) REFERENCES shops"
    )
    with source.open() as one, target.open() as other:
        other.raise_worker_fence(WORKER)
        Move(one, other, selection_of(one, other, (source.name, target.name), KEY)).run()

        assert dict(other.orphans([target.name])) == {"public.orders.its_shop": 100}


def test_other_types_travel_as_text_and_identities_keep_their_values(orders_in):
    source, target = orders_in("postgres"), orders_in("postgres")
    source.sql(
        "CREATE TYPE mood AS ENUM ('glad', 'so\\so'); CREATE TABLE orders (id integer PRIMARY KEY, other integer, "
        "name varchar(20), mood mood, tags text[], address inet, flag boolean)"
    )
    target.sql(
        "CREATE TYPE mood AS ENUM ('so\\so', 'glad'); CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY "
        "PRIMARY KEY, other numeric, name text, mood mood, tags text[], address inet, flag boolean)"
    )
    source.sql(
        "INSERT INTO orders VALUES (-5, 1, E'a\\tb\\\\', 'glad', '{a,NULL,\"b\\\\c\"}', '10.0.0.1/8', true), "
        "(7, NULL, '', 'so\\so', '{}', '::1', NULL)"
    )
    with source.open() as one, target.open() as other:
        other.raise_worker_fence(WORKER)
        move = Move(one, other, selection_of(one, other, (source.name, target.name), ("id",)))
        spoken = one.blocks(move.selection, EVERYTHING)
        assert spoken is not None
        assert not spoken[0]
        move.run()

        assert move.identical()
        assert target.sql("SELECT id, name, mood::text, tags FROM orders ORDER BY id") == [
            (-5, "a\tb\\", "glad", ["a", None, "b\\c"]),
            (7, "", "so\\so", []),
        ]
        assert other.remove(move.selection, [("7",)], WORKER) == 1
        assert write_rows(one, other, move.selection, [("7",), ("-5",)], WORKER) == ()
        assert move.identical()


def test_a_lock_in_the_way_is_waited_out(pair):
    source, target = pair
    target.create()
    with source.open() as one, target.open() as other, target.connected() as blocking:
        other.raise_worker_fence(WORKER)
        move = Move(one, other, selection_of(one, other, (source.name, target.name), KEY))
        other._open().execute("SET lock_timeout = '50ms'")
        blocking.execute("LOCK TABLE orders IN EXCLUSIVE MODE")
        threading.Timer(0.3, blocking.rollback).start()
        copied = move.run()

        assert (copied.rows, copied.rejected) == (100, 0)
        assert move.identical()


def test_a_server_that_dies_while_it_is_written_to(pair, disposable_postgres):
    """Also when its answer to a commit is lost: what it says after its restart is what counts."""
    source, _ = pair
    place = disposable_postgres
    address = {"host": place.host, "port": place.port, "database": place.database, "username": place.username}
    target = Orders(DatabasePlace({"engine": "postgres", **address}, place.secrets))
    target.create()

    def die(count):
        if count == 3:
            place.kill()

    with source.open() as one, target.open() as other:
        other.raise_worker_fence(WORKER)
        move = Move(one, other, selection_of(one, other, (source.name, target.name), KEY))
        with pytest.raises(DependencyUnavailable):
            move.run(rows=10, interrupt=die)
        place.start()
        copied = move.run(rows=10)

        assert copied.rows == 70
        assert move.identical()
