from pathlib import Path

import pytest
from django.test import Client, override_settings

from migrations_app.engine.alerts import AlertCause
from migrations_app.models import DISPATCHING, AuditEntry, Webhook
from migrations_app.runtime import leases
from migrations_app.runtime.clock import SystemClock
from migrations_app.services import alert_channels, alerts, proving, webhooks
from migrations_app.services.actor import Actor
from migrations_app.services.alerts import RuleWish
from migrations_app.testing.servers import RedisServer
from tests.api.door import program
from tests.audit_table import without_triggers
from tests.cast import NOW, Cast
from tests.runs import a_run
from tests.services.scheduling import MINUTE, scheduling

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_semantics]


def layer(url: str) -> override_settings:
    hosts = [{"address": url, "socket_timeout": 15}]
    backend = {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": hosts}}
    return override_settings(CHANNEL_LAYERS={"default": backend})


def test_a_process_that_lives_says_so() -> None:
    answer = Client().get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert Client().post("/healthz").status_code == 405


@pytest.mark.servers
def test_ready_says_what_was_looked_at(redis_server: RedisServer) -> None:
    with layer(redis_server.url):
        answer = Client().get("/readyz")
    assert answer.status_code == 200
    assert {check["name"]: check["ok"] for check in answer.json()["checks"]} == {
        "database": True,
        "schema": True,
        "channel_layer": True,
        "schedules_attended": True,
        "work_dispatched": True,
        "audit_watched": True,
        "receivers_take": True,
    }
    assert answer.json()["degraded"] == []


def test_without_redis_pages_are_served_and_the_probe_says_so() -> None:
    with layer("redis://127.0.0.1:1/0"):
        answer = Client().get("/readyz")
    assert answer.status_code == 200
    channel_layer = answer.json()["checks"][2]
    assert (channel_layer["ok"], channel_layer["required"]) == (False, False)
    assert "not live" in channel_layer["message"]
    assert answer.json()["degraded"] == ["channel_layer"]


@pytest.mark.servers
def test_schedules_that_nobody_attends_to_are_a_reason_of_their_own(
    redis_server: RedisServer, cast: Cast, tmp_path: Path
) -> None:
    here = scheduling(cast, tmp_path)
    here.schedule(here.now + MINUTE)
    with layer(redis_server.url):
        alone = Client().get("/readyz")
        lines = Client().get("/metrics").content.decode().splitlines()
        here.attend()
        attended = Client().get("/readyz")

    assert (alone.status_code, alone.json()["degraded"][0]) == (200, "schedules_attended")
    assert "Celery's beat" in alone.json()["checks"][3]["message"]
    assert "snakeweb_schedules_waiting 1.0" in lines
    (seconds,) = [line.split()[1] for line in lines if line.startswith("snakeweb_schedules_unattended_seconds ")]
    assert float(seconds) > 60
    assert "schedules_attended" not in attended.json()["degraded"]


def degraded() -> dict[str, str]:
    found = {check["name"]: check for check in Client().get("/readyz").json()["checks"]}
    return {name: check["message"] for name, check in found.items() if not check["ok"] and name != "channel_layer"}


def test_what_nobody_attends_to_is_said_without_a_name(cast: Cast) -> None:
    admin, clock = cast.actors["admin"], SystemClock()
    channel = alert_channels.create(actor=admin, now=NOW, name="people", kind="mail", address="ops@example.org")
    wish = RuleWish(name="broken", cause=AlertCause.CHAIN_BROKEN.value, channels=[channel])
    alerts.create_rule(actor=admin, now=NOW, wish=wish)
    found = degraded()
    assert "1 alert rules are not watched" in found["work_dispatched"]
    assert "audit entries from 1 on" in found["audit_watched"]

    leases.lead(DISPATCHING, "here", 60)
    proving.watch_new(now=clock.now())
    assert degraded() == {}
    webhooks.create(actor=admin, now=NOW, name="h", address="https://hooks.example.org/a", kinds=["run.failed"])
    Webhook.objects.update(failures=3)
    proving.watch_new(now=clock.now())
    assert degraded() == {"receivers_take": "1 of 2 receivers of webhooks and alerts take nothing: see Settings"}

    with without_triggers():
        AuditEntry.objects.filter(seq=1).update(actor="eve")
    proving.watch_new(now=clock.now())
    assert degraded()["audit_watched"] == "the audit chain is broken: see the audit page"


def test_metrics_for_callers_on_this_machine() -> None:
    a_run()
    answer = Client().get("/metrics")
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain")
    lines = answer.content.decode().splitlines()
    assert 'snakeweb_runs{kind="apply",state="queued"} 1.0' in lines
    assert "snakeweb_audit_entries_total 0.0" in lines
    assert not [line for line in lines if line.startswith("snakeweb_audit_chain_ok ")]


@pytest.mark.parametrize("headers", [{"X-Forwarded-For": "203.0.113.9"}, {"Forwarded": "for=203.0.113.9"}, {}])
def test_metrics_for_others_need_a_token(operator: Actor, headers: dict[str, str]) -> None:
    address = "127.0.0.1" if headers else "203.0.113.9"
    refused = Client(REMOTE_ADDR=address).get("/metrics", headers=headers)
    assert refused.status_code == 401
    assert refused["Content-Type"] == "application/problem+json"
    allowed = Client(REMOTE_ADDR=address).get("/metrics", headers=headers | program(operator).headers)
    assert allowed.status_code == 200


def test_probes_leave_no_trace_in_the_audit_trail() -> None:
    for path in ("/healthz", "/metrics"):
        Client().get(path)
    assert not AuditEntry.objects.exists()
