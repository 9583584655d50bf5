import pytest

from migrations_app.stores.routed.base import Held
from migrations_app.stores.sessions.records import UNVERSIONED
from tests.stores.routed.place import FIRST, held_of, marks_of, settle
from tests.stores.routed.postgres.races import racing
from tests.stores.sessions.place import WORKER

pytestmark = pytest.mark.servers


@pytest.fixture(params=["own", "django"])
def place(request):
    return request.getfixturevalue(request.param)


def test_a_remint_and_a_client_at_the_same_moment(place):
    """R32: what the client wrote is not reminted as if it were the repaired state."""
    with place.ready() as store, place.open() as client:
        store.write(place.record(), FIRST)
        held = held_of(store, "one")
        connection = client.sessions.connection()
        connection.execute("BEGIN")
        written = client.write(place.record(content="client"), FIRST)
        with racing(place, lambda other: other.remint(held, WORKER, 2)) as late:
            assert not late.done()
            connection.execute("COMMIT")
            assert late.result(60) is None

        assert held_of(store, "one").version == written.version


def test_a_tombstone_for_an_id_that_is_created_meanwhile(place):
    with place.ready() as store, place.open() as client:
        connection = client.sessions.connection()
        connection.execute("BEGIN")
        written = client.write(place.record(), FIRST)
        nothing = Held("one", UNVERSIONED, False, None)
        with racing(place, lambda other: other.remint(nothing, WORKER, 2)) as late:
            assert not late.done()
            connection.execute("COMMIT")
            assert late.result(60) is None

        assert held_of(store, "one").version == written.version
        assert marks_of(store)["one"].version == written.version


def test_a_tombstone_over_an_expired_row_takes_it_away(place):
    with place.ready() as store:
        store.write(place.record(), FIRST, lifetime_ms=20)
        settle(store)
        place.let_pass(40)
        assert store.remint(held_of(store, "one"), WORKER, 2) is not None

        assert held_of(store, "one").dead
        assert place.legacy_read("one") is None
        assert store.legacy_writes() == 0
