import psycopg
import pytest

from migrations_app.stores.tables.postgres.reasons import line_of, reason_of
from tests.stores.tables.orders import Orders

pytestmark = pytest.mark.servers


def refuse(orders: Orders, lines: str) -> psycopg.Error:
    with (
        pytest.raises(psycopg.Error) as refused,
        orders.connected() as connection,
        connection.cursor().copy("COPY orders (shop, number, note) FROM STDIN") as copy,
    ):
        copy.write(lines)
    error = refused.value
    assert isinstance(error, psycopg.Error)
    return error


def test_a_reason_names_the_constraint_and_no_value(postgres):
    orders = Orders(postgres)
    orders.create("CONSTRAINT no_secret CHECK (note <> 'hidden')")

    error = refuse(orders, "a\t1\tfine\na\t2\thidden\na\t3\tfine\n")

    assert "no_secret" in reason_of(error)
    assert "hidden" not in reason_of(error)
    assert line_of(error) == 2


def test_a_value_of_another_type_is_told_by_its_column(postgres):
    orders = Orders(postgres)
    orders.create()

    error = refuse(orders, "a\t1\t-\na\tseven\t-\n")

    assert "seven" not in reason_of(error)
    assert "“number”" in reason_of(error)
    assert line_of(error) == 2


def test_the_second_of_two_rows_with_one_key(postgres):
    orders = Orders(postgres)
    orders.create()

    error = refuse(orders, "a\t1\t-\nb\t1\t-\na\t1\t-\n")

    assert "orders_pkey" in reason_of(error)
    assert line_of(error) == 3
