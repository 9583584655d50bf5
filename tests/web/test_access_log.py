"""What daphne writes of each request; `tests/test_secrets_of_processes.py` reads it as a real web process wrote it."""

import io

from daphne.access import AccessLogGenerator

from migrations_app.engine.hiding import HIDDEN
from migrations_app.web.access_log import RedactingServer
from migrations_app.web.draining import DrainingServer


def test_a_line_tells_the_request_and_nothing_that_lets_somebody_in() -> None:
    said = io.StringIO()
    server = RedactingServer(application=None, endpoints=["unix:never"], action_logger=AccessLogGenerator(said))
    details = {
        "client": "192.0.2.1:1",
        "method": "GET",
        "status": 200,
        "size": 3,
        "path": f"/invitations/{'x' * 43}/?a=b",
    }

    server.log_action("http", "complete", details)
    server.log_action("websocket", "connected", {**details, "path": "/ws/live/?token=abcdef"})

    assert f'"GET /invitations/{HIDDEN}/?a=b" 200 3' in said.getvalue()
    assert f'"WSCONNECT /ws/live/?token={HIDDEN}"' in said.getvalue()


def test_it_is_what_a_web_process_runs() -> None:
    assert issubclass(DrainingServer, RedactingServer)
