import pytest

from migrations_app.engine.errors import LeaseLost
from tests.stores.tables.orders import WORKER, Orders


def test_statements_run_together_or_not_at_all(sqlite):
    orders = Orders(sqlite)
    with sqlite.open() as database:
        database.raise_worker_fence(WORKER)
        with pytest.raises(Exception, match="lacks a table"):
            database.execute(["CREATE TABLE one (a)", "CREATE INDEX i ON missing (a)"], WORKER)
        assert orders.sql("SELECT name FROM sqlite_master WHERE name = 'one'") == []
        database.execute(["CREATE TABLE one (a)", "CREATE INDEX i ON one (a)"], WORKER)
        database.drop(["one", "never"], WORKER)
        with pytest.raises(LeaseLost):
            database.drop(["one"], type(WORKER)(WORKER.scope, WORKER.token - 1))

    assert orders.sql("SELECT name FROM sqlite_master WHERE name = 'one'") == []


def test_sequences_are_advanced_and_never_back(sqlite):
    orders = Orders(sqlite)
    orders.sql("CREATE TABLE one (id INTEGER PRIMARY KEY AUTOINCREMENT, note TEXT)")
    orders.sql("INSERT INTO one VALUES (50, '')")
    orders.sql("DELETE FROM sqlite_sequence")
    with sqlite.open() as database:
        database.raise_worker_fence(WORKER)
        first = dict(database.advance_sequences(["one"], WORKER))
        orders.sql("DELETE FROM one")
        again = dict(database.advance_sequences(["one"], WORKER))

    assert list(first.values()) == list(again.values()) == [50]
    orders.sql("INSERT INTO one (note) VALUES ('')")
    assert orders.sql("SELECT id FROM one") == [(51,)]


def test_rows_without_their_other_row_are_counted(sqlite):
    orders = Orders(sqlite)
    orders.sql("CREATE TABLE shops (name TEXT PRIMARY KEY NOT NULL)")
    orders.sql("CREATE TABLE visits (id INTEGER PRIMARY KEY, shop TEXT REFERENCES shops (name))")
    orders.sql("INSERT INTO shops VALUES ('a')")
    orders.sql("INSERT INTO visits VALUES (1, 'a'), (2, 'b'), (3, 'b'), (4, NULL)")
    with sqlite.open() as database:
        assert list(database.orphans(["shops", "visits"]).values()) == [2]
