"""The proxy before a real redis-server."""

import contextlib
import gc
import socket
import time
from collections.abc import Iterator

import pytest
import redis

from migrations_app.testing.proxy import TcpProxy
from migrations_app.testing.servers import RedisServer
from tests.parallel import wait_for

pytestmark = pytest.mark.servers


@pytest.fixture
def proxy(empty_redis: RedisServer) -> Iterator[TcpProxy]:
    with TcpProxy(empty_redis.host, empty_redis.port) as running:
        yield running


@pytest.fixture
def client(proxy: TcpProxy) -> Iterator["redis.Redis"]:
    retry = redis.retry.Retry(redis.backoff.NoBackoff(), 0)
    with redis.Redis(port=proxy.port, socket_timeout=5, retry=retry) as connected:
        yield connected


def test_it_forwards_both_ways(client: "redis.Redis", proxy: TcpProxy) -> None:
    big = b"x" * 1_000_000
    assert client.set("big", big)
    assert client.get("big") == big
    assert (proxy.connections, proxy.fired) == (1, 0)


def test_answers_are_delayed(client: "redis.Redis", proxy: TcpProxy) -> None:
    client.ping()
    proxy.delay(200)
    began = time.monotonic()
    client.ping()
    assert time.monotonic() - began >= 0.2
    proxy.heal()
    client.ping()
    assert proxy.fired == 1


def test_refusing_cuts_what_is_open_and_lets_nothing_in(client: "redis.Redis", proxy: TcpProxy) -> None:
    client.ping()
    proxy.refuse()
    for _ in range(2):
        with pytest.raises(redis.ConnectionError):
            client.ping()
    proxy.heal()
    assert client.ping()
    assert proxy.fired >= 2


def test_an_answer_is_cut_after_so_many_bytes(client: "redis.Redis", proxy: TcpProxy) -> None:
    client.set("value", b"v" * 1000)
    proxy.cut_after(500)
    with pytest.raises(redis.ConnectionError):
        client.get("value")
    assert client.get("value") == b"v" * 1000
    proxy.cut_after(1500, always=True)
    for _ in range(2):
        with pytest.raises(redis.ConnectionError):
            client.mget("value", "value")


def test_a_dropped_answer_took_effect(client: "redis.Redis", proxy: TcpProxy, empty_redis: RedisServer) -> None:
    client.set("counter", 0)
    proxy.drop_answer(b"INCR", skip=1)
    assert client.incr("counter") == 1
    client.ping()
    with pytest.raises(redis.ConnectionError):
        client.incr("counter")
    assert client.get("counter") == b"2"
    assert proxy.fired == 1


def test_frozen_connections_stay_and_go_on(client: "redis.Redis", proxy: TcpProxy) -> None:
    client.ping()
    proxy.freeze()
    with socket.create_connection((proxy.host, proxy.port), timeout=5) as frozen:
        frozen.settimeout(0.2)
        frozen.sendall(b"PING\r\n")
        with pytest.raises(TimeoutError):
            frozen.recv(100)
        proxy.thaw()
        frozen.settimeout(5)
        assert frozen.recv(100) == b"+PONG\r\n"
    assert client.ping()


def answers(client: "redis.Redis") -> bool:
    with contextlib.suppress(redis.ConnectionError):
        return bool(client.ping())
    return False


def test_a_server_that_is_away_is_refused_and_found_again(disposable_redis: RedisServer) -> None:
    with (
        TcpProxy(disposable_redis.host, disposable_redis.port) as before,
        redis.Redis(port=before.port, retry=redis.retry.Retry(redis.backoff.NoBackoff(), 0)) as client,
    ):
        assert client.ping()
        disposable_redis.kill()
        with pytest.raises(redis.ConnectionError):
            client.ping()
        disposable_redis.restart()
        wait_for(lambda: answers(client), 5, "the server to answer again")
        known = before.connections
        before.cut()
        wait_for(lambda: answers(client), 5, "a new connection to be let through")
        assert before.connections == known + 1


def test_stopping_closes_everything(empty_redis: RedisServer) -> None:
    proxy = TcpProxy(empty_redis.host, empty_redis.port).start()
    with socket.create_connection((proxy.host, proxy.port), timeout=5) as open_one:
        open_one.sendall(b"PING\r\n")
        assert open_one.recv(100) == b"+PONG\r\n"
        proxy.stop()
        with pytest.raises(OSError):
            socket.create_connection((proxy.host, proxy.port), timeout=1)


def test_a_cut_is_done_when_it_returns(proxy: TcpProxy) -> None:
    for _ in range(50):
        with socket.create_connection((proxy.host, proxy.port), timeout=5) as cut:
            cut.sendall(b"PING\r\n")
            assert cut.recv(100) == b"+PONG\r\n"
            proxy.cut()
            cut.setblocking(False)  # whoever looks now sees it
            with pytest.raises(ConnectionResetError):
                cut.recv(100)


def test_stopping_leaves_nobody_who_was_just_let_in(empty_redis: RedisServer) -> None:
    """What is left open when its loop ends is a warning in whichever test comes next."""
    for _ in range(20):
        proxy = TcpProxy(empty_redis.host, empty_redis.port).start()
        with contextlib.ExitStack() as several:
            for _ in range(10):
                several.enter_context(socket.create_connection((proxy.host, proxy.port), timeout=5))
            proxy.stop()
        gc.collect()
