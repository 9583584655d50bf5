import pytest

from migrations_app.stores.tables.changes.postgres.triggers import (
    GUARDING,
    found,
    guard_function,
    make_guard_function,
    put_on,
    switched_off,
    take_off,
    without_emptied,
)

pytestmark = pytest.mark.servers


def test_what_is_missing_is_made_and_what_is_there_stays(place):
    with place.connection() as connection:
        connection.execute("CREATE SCHEMA snakeweb_changes")
        (relation,) = connection.execute("SELECT 'shop.items'::regclass::oid").fetchone()
        make_guard_function(connection, "It's moved.")
        assert without_emptied(connection, relation, GUARDING) == ["items"]
        first = put_on(connection, relation, GUARDING, guard_function())
        connection.execute("DROP TRIGGER snakeweb_closed_emptied ON shop.items")
        second = put_on(connection, relation, GUARDING, guard_function())

        assert len(first) == len(second) == 2
        assert len(set(first) & set(second)) == 1
        assert switched_off(connection, relation, GUARDING) == []
        take_off(connection, relation, GUARDING)
        assert found(connection, relation, GUARDING) == []
