import pytest

from migrations_app.stores.routed.postgres.clock import ServerClock
from tests.stores.sessions.place import now_ms, wait_until
from tests.stores.sessions.postgres.places import connection_of

pytestmark = pytest.mark.servers


def test_the_clock_goes_on_without_asking(own):
    with connection_of(own.sessions) as connection:
        clock = ServerClock(connection)
        first = clock.now_ms()
        connection.close()
        wait_until(lambda: clock.now_ms() > first + 5)

    assert abs(clock.now_ms() - now_ms()) < 1_000
