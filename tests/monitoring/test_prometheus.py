"""A real Prometheus scrapes a running web process by the example's configuration, and knows what the database holds."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families
from websockets.sync.client import connect

from migrations_app.api.metrics import DECLARED, exposition
from migrations_app.models import (
    AlertChannel,
    AuditHead,
    Delivery,
    Lease,
    Migration,
    Person,
    Route,
    RoutePanel,
    Run,
)
from migrations_app.runtime import leases
from migrations_app.runtime.leases import Scope
from migrations_app.services import audit, proving, tokens
from migrations_app.services.actor import SYSTEM, Actor
from migrations_app.testing.servers import RedisServer
from tests.monitoring.examples import alerts as rules
from tests.monitoring.examples import dashboard_expressions, selectors
from tests.monitoring.prometheus import Prometheus, promtool
from tests.parallel import wait_for
from tests.runs import AT, a_run, environment
from tests.web_process import Web, web_process

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]

OF_THE_MOMENT = ("socket_clients", "records_per_second")


@contextmanager
def proxy(web: Web) -> Iterator[str]:
    """Its address. What comes through a proxy is not from this machine, so it needs a token."""

    class Passing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            headers = {"X-Forwarded-For": "203.0.113.9", "Authorization": self.headers.get("Authorization", "")}
            try:
                with urlopen(Request(f"{web.url}{self.path}", headers=headers), timeout=10) as answer:
                    status, kind, body = answer.status, answer.headers["Content-Type"], answer.read()
            except HTTPError as error:
                status, kind, body = error.code, error.headers["Content-Type"], error.read()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing: pytest shows what the test says."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Passing)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def something_of_everything() -> None:
    """So that each metric has a value."""
    later = timezone.now() + timedelta(hours=1)  # a relay's word counts for some seconds only
    route = Route.objects.create(
        environment=environment(), name="shop", phase="dual_a", authority="a", changed_at=AT, handoff_deadline=AT
    )
    relay = {"lag_p99_ms": 250, "oldest_ms": 1500, "depth": 12, "stuck": 1}
    for name, values in {"relay": relay, "verifier": {"diverging": 3, "regressed": 2}}.items():
        RoutePanel.objects.create(route=route, name=name, values=values, at=later)
    a_run()
    run = a_run()
    Run.objects.filter(pk=run.pk).update(state="failed", error={"type": "data_corruption"})
    Migration.objects.filter(pk=run.migration_id).update(
        review_state="in_review", submitted_at=AT, needs_person=True, status="failed"
    )
    leases.claim(Scope(run.pk), "dead", 60)
    Lease.objects.filter(run=run).update(expires_at=AT, refusals=2)
    leases.claim(Scope(run.pk), "other", 60)
    channel = AlertChannel.objects.create(name="ops", kind="mail", created_by=run.started_by, changed_at=AT)
    Delivery.objects.create(channel=channel, message="msg_1", kind="alert", body="{}", due_at=AT, created_at=AT)
    audit.record(actor=SYSTEM, now=AT, action="trial", object_type="trial", object_id="1")
    proving.verify_chain(now=AT)


def test_what_prometheus_knows_is_what_the_database_holds(
    tmp_path: Path, redis_server: RedisServer, viewer: Actor, people: dict[str, Person]
) -> None:
    promtool()
    something_of_everything()
    token = tokens.create(actor=viewer, now=timezone.now(), name="prometheus", scopes=["read"]).clear
    with web_process(tmp_path / "web", redis_server.url) as web, proxy(web) as address:
        prometheus = Prometheus(tmp_path / "prometheus", address)
        prometheus.start(web.processes)
        wait_for(lambda: prometheus.target["health"] == "down", what="the refusal")
        assert "401" in prometheus.target["lastError"]

        prometheus.token_file.write_text(token)
        wait_for(lambda: prometheus.target["health"] == "up", what="the first scrape")
        wait_for(lambda: prometheus.values("snakeweb_build_info"), what="the first value")

        ours = {
            family.name: {frozenset(one.labels.items()): one.value for one in family.samples}
            for family in text_string_to_metric_families(exposition(timezone.now())[0].decode())
        }
        for declared in DECLARED:
            scraped = prometheus.values(declared.full_name)
            assert scraped, f"{declared.full_name} has no value"
            if not declared.name.endswith("_seconds") and declared.name not in OF_THE_MOMENT:
                assert scraped == ours[declared.full_name.removesuffix("_total")], declared.full_name
        assert prometheus.values('snakeweb_runs{kind="apply", state="failed"}').popitem()[1] == 1
        assert prometheus.values("sum(snakeweb_runs)").popitem()[1] == Run.objects.count()
        assert prometheus.values("snakeweb_audit_entries_total").popitem()[1] == AuditHead.objects.get().seq
        assert prometheus.values("snakeweb_lease_takeovers_total").popitem()[1] == 1
        assert prometheus.values("snakeweb_replication_lag_seconds").popitem()[1] == 0.25

        for expression in [*rules().values(), *dashboard_expressions()]:
            prometheus.ask("query", query=expression)
            for selector in selectors(expression):
                assert prometheus.series(selector.text), f"no series is {selector.text}"
        with pytest.raises(HTTPError, match="400"):
            prometheus.ask("query", query="max(snakeweb_runs{")

        client = Client()
        client.force_login(people["viewer"])
        cookie = {"Cookie": f"sessionid={client.cookies['sessionid'].value}"}
        with connect(f"{web.url.replace('http', 'ws')}/ws/live/", additional_headers=cookie, origin=web.url):
            wait_for(lambda: prometheus.values("snakeweb_socket_clients == 1"), what="the socket")
        wait_for(lambda: prometheus.values("snakeweb_socket_clients == 0"), what="its end")
