from migrations_app.runtime.socket_clients import Connections
from tests.parallel import at_once


def test_what_was_opened_and_not_closed_is_counted_from_any_thread() -> None:
    connections = Connections()
    for _ in range(3):
        connections.opened()

    def come_and_go() -> None:
        for _ in range(200):
            connections.opened()
            connections.closed()

    at_once(*[come_and_go] * 4)
    assert connections.open == 3
