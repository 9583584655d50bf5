import pytest

from migrations_app.stores.tables.base import Side
from migrations_app.stores.tables.selection import EVERYTHING, KeyRange
from tests.stores.tables.orders import Orders, selection_of, some_orders

pytestmark = pytest.mark.servers
KEY = ("shop", "number")


@pytest.fixture
def orders(postgres):
    orders = Orders(postgres)
    orders.create()
    return orders


def test_the_end_of_a_chunk_is_the_key_of_its_last_row(orders):
    rows = sorted(some_orders(50), key=lambda row: (row[0].encode(), row[1]))
    orders.fill(rows)
    with orders.open() as database:
        selection = selection_of(database, database, (orders.name, orders.name), KEY)
        keys = [(row[0], str(row[1])) for row in rows]

        def end(within, count):
            return database.end_of_chunk(selection, within, side=Side.SOURCE, rows=count, size=10**6)

        assert end(EVERYTHING, 10) == keys[9]
        assert end(KeyRange(keys[9]), 10) == keys[19]
        assert end(KeyRange(keys[9], keys[12]), 10) == keys[12]
        assert end(EVERYTHING, 1000) == keys[-1]
        assert end(KeyRange(keys[-1]), 10) is None
        assert database.end_of_chunk(selection, EVERYTHING, side=Side.SOURCE, rows=50, size=1000) == keys[9]


def test_a_large_table_is_split_by_a_look_at_some_of_its_pages(orders):
    orders.sql("INSERT INTO orders (shop, number) SELECT 's' || g % 3, g FROM generate_series(1, 200000) AS g")
    orders.sql("ANALYZE orders")
    with orders.open() as database:
        selection = selection_of(database, database, (orders.name, orders.name), KEY)
        ranges = database.split(selection, 4)
        counts = [database.count(selection, each, side=Side.SOURCE) for each in ranges]

        assert sum(counts) == 200_000
        assert len(counts) == 4
        assert min(counts) > 30_000


def test_everything_is_read_while_few_rows_are_in_memory(orders):
    orders.sql("INSERT INTO orders (shop, number) SELECT 's', g FROM generate_series(1, 5000) AS g")
    with orders.open() as database:
        selection = selection_of(database, database, (orders.name, orders.name), KEY)
        rows = database.carried(selection, EVERYTHING)
        first = next(rows)
        rows.close()

        assert first[:2] == ("s", 1)
        assert database.count(selection, EVERYTHING, side=Side.SOURCE) == 5000  # the connection is free again
