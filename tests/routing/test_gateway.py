"""The gateway called in this process; `test_gateway_server.py` calls it over a real socket."""

import httpx
import pytest

from migrations_app.engine.errors import DependencyUnavailable, Timeout, ValidationFailed
from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.routing.async_router import AsyncSessionRouter
from migrations_app.routing.gateway import Gateway
from migrations_app.routing.sources import RouteSource
from migrations_app.stores.sessions.base import FenceClass
from tests.routing.routed_world import HOUR_MS, RoutedWorld

TOKEN = "the callers' token"
URL = "/v1/sessions/id"


@pytest.fixture
def world():
    return RoutedWorld()


def client_of(gateway, token=TOKEN):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=gateway), base_url="http://gateway.example", headers=headers
    )


@pytest.fixture
async def gateway(world):
    gateway = Gateway(AsyncSessionRouter(world.router(retry_budget_seconds=0.1), threads=2), TOKEN, body_limit=100)
    yield gateway
    await gateway.close()


@pytest.fixture
async def http(gateway):
    async with client_of(gateway) as client:
        yield client


def problem_of(answer):
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


async def test_a_session_from_its_creation_to_its_end(world, http):
    world.join()
    assert problem_of(await http.get(URL)) == (404, "session_missing")
    created = await http.put(URL, content=b"\0raw", headers={"If-None-Match": "*", "Snakeweb-TTL-Ms": str(HOUR_MS)})
    assert (created.status_code, created.headers["etag"]) == (201, '"2.1"')
    read = await http.get(URL)
    assert (read.status_code, read.content) == (200, b"\0raw")
    assert read.headers["snakeweb-ttl-ms"] == str(HOUR_MS)
    assert int(read.headers["snakeweb-expires-at-ms"]) == world.places["a"].now_ms + HOUR_MS
    assert read.headers["cache-control"] == "no-store"
    head = await http.head(URL)
    assert (head.content, head.headers["etag"], head.headers["content-length"]) == (b"", '"2.1"', "4")
    assert (await http.head("/v1/sessions/nobody")).content == b""
    assert (await http.patch(URL, headers={"Snakeweb-TTL-Ms": "1000"})).status_code == 204
    assert (await http.get(URL)).headers["snakeweb-expires-at-ms"] == str(world.places["a"].now_ms + 1000)
    assert (await http.delete(URL)).status_code == 204
    assert problem_of(await http.delete(URL)) == (404, "session_missing")
    assert problem_of(await http.patch(URL)) == (404, "session_missing")


async def test_conditions(world, http):
    world.join()
    for match in ("*", '"1.1"'):
        assert problem_of(await http.put(URL, content=b"1", headers={"If-Match": match})) == (412, "session_missing")
    first = await http.put(URL, content=b"1", headers={"Snakeweb-Expires-At-Ms": "4102444800000"})
    assert (first.status_code, first.headers["snakeweb-expires-at-ms"]) == (204, "4102444800000")
    assert problem_of(await http.put(URL, content=b"2", headers={"If-None-Match": "*"})) == (412, "session_exists")
    version = first.headers["etag"]
    second = await http.put(URL, content=b"2", headers={"If-Match": version})
    assert second.status_code == 204
    assert problem_of(await http.put(URL, content=b"3", headers={"If-Match": version})) == (412, "session_changed")
    assert (await http.put(URL, content=b"3", headers={"If-Match": "*"})).status_code == 204
    assert (await http.get(URL)).content == b"3"


@pytest.mark.parametrize(
    "headers",
    [
        {"If-None-Match": '"1.1"'},
        {"If-Match": "1.1"},
        {"If-Match": "*", "If-None-Match": "*"},
        {"Snakeweb-TTL-Ms": "soon"},
        {"Snakeweb-Expires-At-Ms": "-1"},
    ],
)
async def test_a_header_that_makes_no_sense_is_named(http, headers):
    assert problem_of(await http.put(URL, content=b"1", headers=headers)) == (400, "invalid_header")


async def test_values_have_a_limit(http):
    assert (await http.put(URL, content=b"x" * 100)).status_code == 204
    assert problem_of(await http.put(URL, content=b"x" * 101)) == (413, "too_large")


async def test_ids_may_be_any_text(world, http):
    await http.put("/v1/sessions/a%2Fb%3F%C3%A4", content=b"x")

    assert world.holds("a", "a/b?ä") == b"x"


async def test_what_is_not_there(http):
    assert problem_of(await http.get("/v1/sessions/")) == (404, "not_found")
    assert problem_of(await http.get("/")) == (404, "not_found")
    answer = await http.post(URL)
    assert problem_of(answer) == (405, "method_not_allowed")
    assert answer.headers["allow"] == "GET, HEAD, PUT, PATCH, DELETE"


@pytest.mark.parametrize("token", ["", "another", "ä"])
async def test_without_the_token_nothing_is_told(gateway, world, token):
    async with client_of(gateway, "") as client:
        for method in ("GET", "PUT", "PATCH", "DELETE"):
            given = {"Authorization": f"Bearer {token}".encode()} if token else {}
            answer = await client.request(method, URL, headers=given)
            assert problem_of(answer) == (401, "unauthorized")
    assert not world.opened
    with pytest.raises(ValueError, match="to everybody"):
        Gateway(None, "")


async def test_while_writes_wait_callers_are_told_to_come_back(world, http):
    world.publish(RoutePhase.HANDOFF, "a", fenced=False)
    answer = await http.put(URL, content=b"1")

    assert problem_of(answer) == (503, "writes_are_waiting")
    assert answer.headers["retry-after"] == "1"


async def test_without_a_lease_where_stores_cannot_refuse_too(world):
    source = world.source()
    type(source).lease_ends = 0.0
    try:
        router = world.router(source, fence_class=FenceClass.LEASE_ONLY)
        async with client_of(Gateway(AsyncSessionRouter(router), TOKEN)) as http:
            assert problem_of(await http.get(URL)) == (503, "lease_expired")
    finally:
        del type(source).lease_ends
        router.close()


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        (DependencyUnavailable("the server is gone"), (502, "dependency_unavailable")),
        (Timeout("the server took too long"), (502, "timeout")),
        (ValidationFailed("too odd"), (422, "validation_failed")),
    ],
)
async def test_what_a_store_says_is_passed_on(world, error, answer):
    plain = world.open_store

    def open_store(config, secrets):
        store = plain(config, secrets)

        def write(*_, **__):
            raise error

        store.write = write
        return store

    world.open_store = open_store
    gateway = Gateway(AsyncSessionRouter(world.router()), TOKEN)
    async with client_of(gateway) as http:
        told = await http.put(URL, content=b"1")
        assert problem_of(told) == answer
        assert "retry-after" not in told.headers
    await gateway.close()


async def test_health_needs_no_token_and_a_route(gateway, world):
    async with client_of(gateway, "") as client:
        answer = await client.get("/healthz")
        assert (answer.status_code, answer.json()) == (200, {"status": "ok", "epoch": 1})


async def test_health_of_a_known_route_needs_no_thread(world):
    gateway = Gateway(AsyncSessionRouter(world.router()), TOKEN)
    async with client_of(gateway, "") as client:
        assert (await client.get("/healthz")).status_code == 200
        await gateway.close()
        assert (await client.get("/healthz")).json() == {"status": "ok", "epoch": 1}


async def test_health_of_a_route_that_is_not_known(world):
    gateway = Gateway(AsyncSessionRouter(world.router(RouteSource("web"))), TOKEN)
    async with client_of(gateway, "") as client:
        assert problem_of(await client.get("/healthz")) == (502, "dependency_unavailable")
    await gateway.close()


async def test_a_server_that_says_when_it_ends_closes_the_connections(world):
    gateway, sent = Gateway(AsyncSessionRouter(world.router()), TOKEN), []
    async with client_of(gateway) as http:
        await http.get(URL)
    messages = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])

    async def receive():
        return next(messages)

    async def send(message):
        sent.append((message["type"], dict(world.closed)))

    await gateway({"type": "lifespan"}, receive, send)

    assert sent == [("lifespan.startup.complete", {}), ("lifespan.shutdown.complete", {"a": 1})]
    assert world.closed == world.opened
    with pytest.raises(ValueError, match="websocket"):
        await gateway({"type": "websocket"}, receive, send)
