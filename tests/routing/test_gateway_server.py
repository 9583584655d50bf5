"""`snakeweb-gateway` as a process of its own, over real stores, with a real HTTP client."""

import json

import httpx
import pytest

from migrations_app.engine.ports import WorkerToken
from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.routing import gateway_server
from migrations_app.routing.gateway_server import CONFIG, TOKEN, Application, main, read
from migrations_app.stores.routed.opening import open_routed
from migrations_app.testing.processes import free_port
from tests.routing.control_plane import ROUTE, ControlPlane
from tests.routing.control_plane import TOKEN as ROUTE_TOKEN
from tests.routing.gateway_process import SECRET, running_gateway

WORKER = WorkerToken("run:1", 1)


@pytest.fixture
def plane():
    with ControlPlane().serving() as plane:
        yield plane


@pytest.fixture
def document(plane, redis_server, tmp_path):
    (tmp_path / "b.db").touch()
    return {
        "gateway": {"port": free_port(), "body_limit": 1000, "threads": 4},
        "route": {"name": ROUTE, "url": plane.url, "token": ROUTE_TOKEN},
        "stores": {
            "a": redis_server.config(prefix=f"gateway-{tmp_path.name}:"),
            "b": {"store": "sqlite", "path": str(tmp_path / "b.db")},
        },
        "secrets": {"a": redis_server.secrets},
    }


@pytest.fixture
def file(document, tmp_path):
    path = tmp_path / "gateway.json"
    path.write_text(json.dumps(document))
    return path


@pytest.fixture
def gateway(document, tmp_path):
    """A client of a gateway that is up."""
    with running_gateway(document, tmp_path) as client:
        yield client


@pytest.mark.servers
def test_sessions_over_a_real_socket_and_a_switch(gateway, plane, document, file):
    url = "/v1/sessions/a%2Fsecret-id"
    created = gateway.put(url, content=b"\0\xff", headers={"If-None-Match": "*", "Snakeweb-TTL-Ms": "60000"})
    assert (created.status_code, created.headers["etag"]) == (201, '"0.0"')
    assert gateway.put(url, content=b"x", headers={"If-None-Match": "*"}).status_code == 412
    assert gateway.get(url).content == b"\0\xff"
    assert gateway.patch(url).status_code == 204
    assert gateway.put(url, content=b"x" * 1001).status_code == 413
    assert gateway.get(url, headers={"Authorization": "Bearer other"}).status_code == 401
    with open_routed(document["stores"]["a"], document["secrets"]["a"]) as store:
        assert store.read("a/secret-id", None).value == b"\0\xff"

    with open_routed(document["stores"]["b"], {}) as store:
        assert store.sessions.initialise(WORKER)
    plane.publish(RoutePhase.SINGLE_B, "b")
    assert plane.wait_for_lease(acked_epoch=2)
    assert gateway.get(url).status_code == 404
    assert gateway.put(url, content=b"on b").status_code == 204
    assert gateway.delete(url).status_code == 204
    assert gateway.delete(url).status_code == 404
    assert "secret-id" not in (file.parent / "gateway.log").read_text()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"gateway": {"port": 0}}, "gateway.port"),
        ({"gateway": 7}, "gateway.gateway"),
        ({"stores": {}}, "stores"),
    ],
)
def test_a_wrong_configuration_ends_it_before_it_serves(document, tmp_path, monkeypatch, capsys, change, said):
    monkeypatch.setenv(TOKEN, SECRET)
    (tmp_path / "wrong.json").write_text(json.dumps(document | change))

    assert main([str(tmp_path / "wrong.json")]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("text", [None, "{", "[]"])
def test_so_does_a_file_that_cannot_be_read(tmp_path, capsys, text):
    if text is not None:
        (tmp_path / "gateway.json").write_text(text)

    assert main([str(tmp_path / "gateway.json")]) == 2
    assert "no configuration" in capsys.readouterr().err


def test_without_a_token_it_does_not_open(file, monkeypatch, capsys):
    monkeypatch.delenv(TOKEN, raising=False)

    assert main([str(file)]) == 2
    assert TOKEN in capsys.readouterr().err


def test_without_a_server_it_says_what_to_install(file, monkeypatch, capsys):
    monkeypatch.setenv(TOKEN, SECRET)
    monkeypatch.setattr(gateway_server, "SERVER", "no_such_server")

    assert main([str(file)]) == 2
    assert "snakeweb[gateway]" in capsys.readouterr().err


def test_help_and_wrong_words(capsys):
    assert main(["--help"]) == 0
    assert "usage" in capsys.readouterr().out
    assert main([]) == 2


async def test_any_server_can_serve_the_application(file, document, monkeypatch):
    monkeypatch.setenv(TOKEN, SECRET)
    monkeypatch.setenv(CONFIG, str(file))
    application = Application()
    assert read(file) == document
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=application), base_url="http://g") as client:
        assert (await client.get("/v1/sessions/id")).status_code == 401
    await application._gateway.close()
