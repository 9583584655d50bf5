"""Real servers that refuse a password, and a real web process that is asked by links: nothing of it is written.

What a worker writes that is killed in the middle: `tests/faults/test_killed_worker.py`.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from migrations_app.models import Environment
from migrations_app.services import invitations, tokens
from migrations_app.services.actor import Actor
from migrations_app.testing.beam import has_erlang
from migrations_app.testing.servers import PostgresServer, RedisServer
from tests.api.door import EVERY_SCOPE
from tests.monitoring.received import received
from tests.planted import database, dump, files, leaks, planted
from tests.receivers import Receiver, receiving
from tests.web_process import web_process

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]


def surroundings(monkeypatch: pytest.MonkeyPatch, traces: Receiver) -> dict[str, str]:
    """Credentials of every kind that a process is started with; traces are taken, and nobody answers elsewhere."""
    secret = {name: planted(name) for name in ("smtp", "sign-on", "traces", "trace-header", "checkpoints")}
    in_address = {name: quote(value, safe="") for name, value in secret.items()}
    for name, value in {
        "SMTP_URL": f"smtp://u:{in_address['smtp']}@127.0.0.1:1",
        "OIDC_ISSUER": "http://127.0.0.1:1",
        "OIDC_CLIENT_ID": "snakeweb",
        "OIDC_CLIENT_SECRET": secret["sign-on"],
        "TRACES_URL": f"http://u:{in_address['traces']}@127.0.0.1:{traces.port}/v1/traces",
        "TRACES_HEADERS": json.dumps({"x-key": secret["trace-header"].encode().hex()}),
        "AUDIT_CHECKPOINTS_URLS": f"https://u:{in_address['checkpoints']}@127.0.0.1:1/audit",
        "LOG_FORMAT": "json",
    }.items():
        monkeypatch.setenv(f"SNAKEWEB_{name}", value)
    return secret


@pytest.fixture
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with RedisServer(tmp_path_factory.mktemp("redis"), password="its own", persistent=False) as server:
        yield server


@pytest.fixture
def traces() -> Iterator[Receiver]:
    with receiving() as receiver:
        receiver.status = 200
        yield receiver


def refused_by(servers: dict[str, dict[str, Any]], api: httpx.Client, environment: Environment) -> dict[str, str]:
    """A target at each of these servers with a password that is not theirs, looked at."""
    secret = {}
    for name, config in servers.items():
        secret[name] = planted(name) if name != "node" else "pl4nted_cookie_of_a_node"
        body = {
            "environment_id": environment.pk,
            "name": name,
            "kind": "session_store",
            "config": config,
            "secrets": {"password": secret[name]},
        }
        made = api.post("/api/v1/targets", json=body)
        assert made.status_code == 201, made.text
        looked = api.post(f"/api/v1/targets/{made.json()['id']}/test")
        assert looked.status_code == 200
        assert secret[name] not in made.text + looked.text
        assert looked.json()["health_message"], looked.text
    return secret


def test_processes_write_no_secret_whatever_they_are_asked_and_whoever_refuses_them(
    dev: Environment,
    admin: Actor,
    operator: Actor,
    redis: RedisServer,
    postgres_server: PostgresServer,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    traces: Receiver,
    tmp_path: Path,
) -> None:
    now = datetime.now(UTC)
    secret = surroundings(monkeypatch, traces)
    token = tokens.create(actor=admin, now=now, name="program", scopes=EVERY_SCOPE).clear
    feed = tokens.create(actor=operator, now=now, name="calendar", scopes=["calendar"]).clear
    link = invitations.invite(actor=admin, now=now, email="new@example.org", role="viewer").clear
    secret |= {"token": token, "feed": feed, "link": link, "reset": "d00d5e-" + "0a1b2c3d" * 4, "code": "4ut" * 12}
    servers = {
        "redis": redis.config(),
        "postgres": postgres_server.config(),
    }
    if has_erlang():
        servers["node"] = request.getfixturevalue("beam_node").config()

    with web_process(tmp_path / "web", "redis://127.0.0.1:1/0") as web:
        with httpx.Client(base_url=web.url, headers={"Authorization": f"Bearer {token}"}, trust_env=False) as api:
            secret |= refused_by(servers, api, dev)
        with httpx.Client(base_url=web.url, trust_env=False) as browser:
            asked = [
                browser.get(f"/invitations/{link}/"),
                browser.get(f"/accounts/password/reset/key/1-{secret['reset']}/"),
                browser.get(f"/environments/{dev.pk}/calendar.ics", params={"token": feed}),
                browser.get("/accounts/single-sign-on/"),
                browser.get("/accounts/single-sign-on/back/", params={"code": secret["code"], "state": secret["code"]}),
            ]
            browser.get("/accounts/password/reset/")
            form = {"email": "operator@example.org", "csrfmiddlewaretoken": browser.cookies["csrftoken"]}
            asked.append(browser.post("/accounts/password/reset/", data=form))  # and no mail server takes it
        web.stop()  # it sends the spans that are left
        said = web.log

    assert [answer.status_code for answer in asked][:3] == [302, 200, 200]
    assert "/invitations/" in said
    assert "calendar.ics?token=" in said
    assert "ConnectionRefusedError" in said
    assert {span.name for span in received(traces)} >= {"GET /invitations/<str:clear>/", "POST /api/v1/targets"}
    written = [*files(tmp_path), *database(), *dump(), *((str(answer.url), answer.content) for answer in asked)]
    written += [("traces", request.body) for request in traces.got]
    assert leaks(secret, written) == []
