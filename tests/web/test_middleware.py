"""What a request is called in a trace, and what its lines of the log are about."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.test import Client

from migrations_app.runtime import tracing
from migrations_app.runtime.json_log import JsonFormatter

pytestmark = pytest.mark.django_db


class Seen:
    def __init__(self, name: str, facts: tracing.Facts) -> None:
        self.name, self.facts = name, dict(facts)

    def add(self, facts: tracing.Facts) -> None:
        self.facts |= facts

    def rename(self, name: str) -> None:
        self.name = name

    def fail(self, because: str) -> None:
        self.facts["failed"] = because


class Watching(tracing.Off):
    def __init__(self) -> None:
        self.seen: list[Seen] = []

    @contextmanager
    def span(self, name: str, facts: tracing.Facts, *, parent: str = "", quiet: bool = False) -> Iterator[Seen]:
        self.seen.append(Seen(name, facts))
        yield self.seen[-1]


def test_a_request_is_named_by_its_route_and_never_by_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    watching = Watching()
    monkeypatch.setattr(tracing, "tracer", lambda: watching)
    sent = {"X-Request-ID": "ours-7", "traceparent": f"00-{'ab' * 16}-{'cd' * 8}-01"}
    for path in ("/accounts/login/?next=/pl4nted", "/migrations/77/", "/pl4nted/", "/healthz", "/metrics"):
        Client().get(path, headers=sent)
    said = [(one.name, one.facts.get("http.route"), one.facts["http.response.status_code"]) for one in watching.seen]
    assert said == [
        ("GET /accounts/login/", "/accounts/login/", 200),
        ("GET /migrations/<int:migration_id>/", "/migrations/<int:migration_id>/", 302),
        ("GET", None, 404),
    ]
    assert all(one.facts["snakeweb.request.id"] == "ours-7" for one in watching.seen)
    assert "pl4nted" not in repr([vars(one) for one in watching.seen])


def test_a_line_that_a_request_logs_names_it(caplog: pytest.LogCaptureFixture) -> None:
    caplog.handler.setFormatter(JsonFormatter())
    caplog.set_level(logging.WARNING, "django.request")
    Client().get("/nothing-is-here/", headers={"X-Request-ID": "ours-8"})
    (line,) = [json.loads(line) for line in caplog.text.splitlines() if "django.request" in line]
    assert (line["request"], line["level"]) == ("ours-8", "WARNING")
