from migrations_app.stores.tables.base import Side
from migrations_app.stores.tables.selection import EVERYTHING, KeyRange
from tests.stores.tables.orders import Orders, selection_of, some_orders

KEY = ("shop", "number")


def test_the_end_of_a_chunk_is_the_key_of_its_last_row(sqlite):
    orders = Orders(sqlite)
    orders.create()
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


def test_text_that_is_no_utf8_is_read_and_differs_from_what_it_is_not(sqlite):
    orders = Orders(sqlite)
    orders.create()
    orders.fill(some_orders(2000))
    orders.sql("UPDATE orders SET note = CAST(X'41ff42' AS TEXT) WHERE number = 1500")
    with orders.open() as database:
        selection = selection_of(database, database, (orders.name, orders.name), KEY)
        before = database.digest(selection, EVERYTHING, side=Side.SOURCE)
        key = next(key for key, _ in database.row_digests(selection, EVERYTHING, side=Side.SOURCE) if key[1] == "1500")
        (row,) = database.rows(selection, [key], side=Side.SOURCE)

        assert before.rows == 2000
        assert row.values["note"] == "A\\xffB"
        orders.sql("UPDATE orders SET note = CAST(X'41fe42' AS TEXT) WHERE number = 1500")
        assert database.digest(selection, EVERYTHING, side=Side.SOURCE) != before
