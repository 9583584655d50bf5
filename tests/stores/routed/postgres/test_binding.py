import pytest

from tests.stores.routed.place import FIRST

pytestmark = pytest.mark.servers


def test_a_binding_is_of_one_connection_and_one_layout(own):
    with own.ready() as store:
        store.write(own.record(), FIRST)
        first = store._bind()
        assert store._bind() is first
        store.sessions.forget_layout()
        second = store._bind()
        assert (second is first, second.connection is first.connection) == (False, True)
        store.sessions.close()

        assert store.read("one", FIRST) is not None
        assert store._bind().connection is not first.connection
