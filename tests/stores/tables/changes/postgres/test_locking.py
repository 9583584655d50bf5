import pytest

from migrations_app.engine.errors import Timeout
from migrations_app.stores.tables.changes.postgres.locking import held, patiently
from tests.stores.tables.changes.contract import FEW

pytestmark = pytest.mark.servers
WRITE = "INSERT INTO shop.items VALUES (1, 'a', '')"


def test_it_tries_again_once_the_others_have_gone(place):
    with place.connection() as connection, place.writer() as writer:
        writer.begin()
        writer.run("LOCK TABLE {items}")
        attempts = []

        def work() -> None:
            attempts.append(1)
            if len(attempts) == 2:
                writer.commit()
            connection.execute(WRITE)

        patiently(connection, FEW, work)

        assert len(attempts) == 2
        assert writer.rows("SELECT id FROM {items}") == [(1,)]


def test_what_fails_otherwise_is_not_tried_again_and_leaves_nothing(place):
    with place.connection() as connection, place.writer() as writer:
        with pytest.raises(ZeroDivisionError):
            patiently(connection, FEW, lambda: connection.execute(WRITE).rowcount // 0)  # type: ignore[arg-type]
        with pytest.raises(ZeroDivisionError), held(connection, FEW, lambda: connection.execute(WRITE) and None):
            1 // 0  # noqa: B018

        assert writer.rows("SELECT id FROM {items}") == []


def test_patience_ends(place):
    with place.connection() as connection, place.writer() as writer:
        writer.begin()
        writer.run("LOCK TABLE {items}")
        with pytest.raises(Timeout):
            patiently(connection, FEW, lambda: connection.execute(WRITE) and None)
