"""Calls of the protocol, and answers that are none."""

import http.server
import json
import ssl
import threading

import pytest

from migrations_app.engine.errors import DependencyUnavailable, ValidationFailed
from migrations_app.pools import open_pool
from migrations_app.pools.base import Health, PoolMissing
from tests.stores.sessions.beam.test_redis_over_tls import signed


@pytest.fixture
def answering():
    """A server that gives one answer to everything, and what it was asked."""
    servers = []

    def start(status, content, *, certificate=None, **headers):
        asked = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self):
                asked.append((self.command, self.path, self.headers["Authorization"]))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_PUT = do_DELETE = answer  # noqa: N815 - as http.server calls them

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if certificate:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(certificate, certificate.with_suffix(".key"))
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        servers.append(server)
        return f"{'https' if certificate else 'http'}://127.0.0.1:{server.server_address[1]}", asked

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "content", "error"),
    [
        (200, b"<html>", PoolMissing),
        (200, b"[]", PoolMissing),
        (200, b'{"protocol": 2}', PoolMissing),
        (200, b'{"protocol": 1, "statistics": {}}', PoolMissing),
        (200, b'{"protocol": 1, "statistics": null, "workers": "all"}', PoolMissing),
        (404, b"{}", PoolMissing),
        (403, b"{}", ValidationFailed),
        (503, b"starting", DependencyUnavailable),
    ],
)
def test_answers_that_are_none(answering, status, content, error):
    url, _ = answering(status, content)
    with open_pool({"driver": "http", "url": url}, {"password": "t"}) as driver:
        for ask in (driver.view, driver.probe):
            with pytest.raises(error):
                ask()


def test_a_redirect_is_not_followed_with_the_token(answering):
    elsewhere, asked = answering(200, b"{}")
    url, _ = answering(307, b"{}", Location=f"{elsewhere}/pool")
    with open_pool({"driver": "http", "url": url}, {"password": "t"}) as driver, pytest.raises(PoolMissing):
        driver.view()
    assert asked == []


def test_a_path_before_the_protocol_and_the_token_are_sent(answering):
    url, asked = answering(200, json.dumps({"status": "healthy"}).encode())
    with open_pool({"driver": "http", "url": f"{url}/pools/gpu/"}, {"password": "t"}) as driver:
        assert driver.health("a/b?c") is Health.HEALTHY
    assert asked == [("GET", "/pools/gpu/workers/a%2Fb%3Fc/health", "Bearer t")]


def test_over_tls_only_a_server_of_a_trusted_authority_hears_the_token(answering, tmp_path):
    signed(tmp_path, "ours")
    signed(tmp_path, "another")
    url, asked = answering(200, json.dumps({"status": "healthy"}).encode(), certificate=tmp_path / "ours.pem")
    config = {"driver": "http", "url": url}
    with open_pool({**config, "authority": str(tmp_path / "ours-authority.pem")}, {"password": "t"}) as driver:
        assert driver.health("a") is Health.HEALTHY
    assert len(asked) == 1
    for authority in (str(tmp_path / "another-authority.pem"), ""):
        with (
            open_pool({**config, "authority": authority}, {"password": "t"}) as driver,
            pytest.raises(DependencyUnavailable, match="certificate verify failed"),
        ):
            driver.health("a")
    with (
        open_pool({**config, "authority": "/nowhere.pem"}, {"password": "t"}) as driver,
        pytest.raises(ValidationFailed) as caught,
    ):
        driver.health("a")
    assert [problem.field for problem in caught.value.problems] == ["config.authority"]
    assert len(asked) == 1


@pytest.mark.parametrize("token", ["a\nb", "tökén"])
def test_what_cannot_be_a_token_is_said_without_it(answering, token):
    url, asked = answering(200, b"{}")
    with (
        open_pool({"driver": "http", "url": url}, {"password": token}) as driver,
        pytest.raises(ValidationFailed) as caught,
    ):
        driver.view()
    assert [problem.field for problem in caught.value.problems] == ["secrets.password"]
    assert token not in caught.value.message
    assert asked == []
