import pymysql
import pytest
from sqlalchemy import exc

from migrations_app.stores.tables.alchemy.reasons import refusals
from migrations_app.stores.tables.refusals import Interfered, Refused


@pytest.mark.parametrize(
    ("kind", "number", "said", "told"),
    [
        (exc.IntegrityError, 1062, "Duplicate entry 'secret' for key 'mail'", "another row has that key"),
        (exc.DataError, 1406, "Data too long for column 'note' at row 1", "It is longer than the column (“note”)."),
        (exc.OperationalError, 4025, "CONSTRAINT `short` failed for `shop`.`people`", "CHECK does not hold (“short”)"),
        (exc.OperationalError, 1292, "Incorrect datetime value: 'secret'", "no value of the column's type"),
        (exc.IntegrityError, 9999, "Never heard of 'secret' (secret)", "Never heard of … …"),
    ],
)
def test_a_refusal_names_columns_and_no_values(kind, number, said, told):
    with pytest.raises(Refused) as caught, refusals():
        raise kind("INSERT", {}, pymysql.err.OperationalError(number, said))

    assert told.lower() in caught.value.reason.lower()
    assert "secret" not in caught.value.reason


def test_a_deadlock_is_no_refusal_and_a_lost_server_is_neither():
    with pytest.raises(Interfered), refusals():
        raise exc.OperationalError("INSERT", {}, pymysql.err.OperationalError(1213, "Deadlock found"))
    with pytest.raises(exc.OperationalError), refusals():
        raise exc.OperationalError("INSERT", {}, pymysql.err.OperationalError(2013, "Lost connection"))
