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
