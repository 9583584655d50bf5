import pytest

from migrations_app.engine.errors import LeaseLost
from tests.stores.tables.orders import WORKER, Orders

pytestmark = pytest.mark.servers


def test_statements_run_together_or_not_at_all(postgres):
    orders = Orders(postgres)
    with postgres.open() as database:
        with pytest.raises(LeaseLost):
            database.execute(["CREATE TABLE one (a int)"], WORKER)
        database.raise_worker_fence(WORKER)
        with pytest.raises(Exception, match="lacks a table"):
            database.execute(["CREATE TABLE one (a int)", "CREATE INDEX ON missing (a)"], WORKER)
        assert orders.sql("SELECT to_regclass('one') IS NULL") == [(True,)]
        database.execute(["CREATE TABLE one (a int)", "CREATE INDEX ON one (a)"], WORKER)
        database.drop(["public.one", "public.never"], WORKER)

    assert orders.sql("SELECT to_regclass('one') IS NULL") == [(True,)]
