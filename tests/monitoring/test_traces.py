"""From the click to the store: real web, dispatcher and worker processes, and a real receiver of OTLP over HTTP."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener

import pytest
from django.test import Client
from django.utils import timezone

from migrations_app.models import Environment, Lease, Person, Run
from tests.cast import Cast
from tests.faults.deployment import Deployment
from tests.faults.observing import checkpoints, finished
from tests.monitoring.received import received, tree_of
from tests.parallel import wait_for
from tests.receivers import receiving
from tests.stores_on_disk import stage
from tests.web_process import Web, web_process

pytestmark = [pytest.mark.faults, pytest.mark.servers]

CHECKPOINTS = 4
SESSIONS = 200
KNOWN_FACTS = {"http.request.method", "http.route", "http.response.status_code"} | {
    f"snakeweb.{name}"
    for name in (
        *("request.id", "outbox.queue", "outbox.sent_count", "run.id", "run.scope", "lease.token", "attempt.outcome"),
        *("step.id", "step.attempt", "step.partition", "batch.done", "batch.unit", "store.kind"),
    )
}


class NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


class Browser:
    """A person's browser with a session, which sends the forms of pages."""

    def __init__(self, web: Web, person: Person) -> None:
        client = Client()
        client.force_login(person)
        self._web = web
        self._token = "c" * 32
        self._cookie = f"sessionid={client.cookies['sessionid'].value}; csrftoken={self._token}"

    def click(self, path: str) -> None:
        """Send the form at `path`."""
        form = urlencode({"csrfmiddlewaretoken": self._token}).encode()
        with pytest.raises(HTTPError) as raised:
            build_opener(NoRedirect).open(Request(self._web.url + path, form, {"Cookie": self._cookie}), timeout=30)
        with closing(raised.value) as answer:
            assert answer.code in (302, 303), answer.read()[:2000]


@pytest.fixture
def deployment(transactional_db: None, tmp_path: Path) -> Iterator[Deployment]:
    """Real processes, ended before the control database is emptied."""
    with Deployment(tmp_path, "tests.monitoring.settings") as running:
        yield running


def test_a_run_is_one_tree_from_the_click_to_the_store_also_when_its_worker_was_killed(
    deployment: Deployment, cast: Cast, dev: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    migration = stage(cast, dev, tmp_path / "stores", timezone.now(), sessions=SESSIONS).planned()
    with receiving() as receiver:
        receiver.status = 200
        monkeypatch.setenv("SNAKEWEB_TRACES_URL", f"http://127.0.0.1:{receiver.port}/v1/traces")
        monkeypatch.setenv("SNAKEWEB_TRACES_HEADERS", json.dumps({"x-scope": "pl4nted-header-value"}))
        monkeypatch.setenv("SNAKEWEB_LOG_FORMAT", "json")
        gate = tmp_path / "gate"
        first = deployment.worker("first", crash_at=f"session.transfer.applied:{CHECKPOINTS + 1}:wait:{gate}")
        deployment.dispatcher()
        with web_process(tmp_path / "web", deployment.broker.url) as web:
            browser = Browser(web, cast.people["operator"])
            browser.click(f"/migrations/{migration.pk}/validate/")
            wait_for(lambda: finished(Run.objects.get()), 40, "the dry run")
            browser.click(f"/migrations/{migration.pk}/execute/")
            run = Run.objects.get(kind="apply")
            wait_for(lambda: checkpoints(run) == CHECKPOINTS, 40, "the transfer to be half way")
            second = deployment.worker("second").wait_ready()
            token = Lease.objects.get(run=run, step="").token
            first.kill()
            wait_for(lambda: finished(run), 40, "the end of the run")

        trace = Run.objects.get(pk=run.pk).traceparent.split("-")[1]
        wait_for(
            lambda: [
                span
                for span in received(receiver)
                if span.trace == trace and span.facts.get("snakeweb.attempt.outcome") == "finished"
            ],
            what="the last attempt's spans",
        )
        second.signal_stop()  # what it has not sent yet is sent then
        second.wait()
        tree = tree_of(receiver, trace)
        dry_run = tree_of(receiver, Run.objects.get(kind="dry_run").traceparent.split("-")[1])
        spans = received(receiver)
        got = receiver.got[0]

    assert (got.path, got.headers["x-scope"]) == ("/v1/traces", "pl4nted-header-value")
    click = "POST /migrations/<int:migration_id>/execute/"
    handed_over = ["task snakeweb.drive_run", "outbox snakeweb.drive_run", click]
    assert (tree.root.name, tree.root.facts["http.response.status_code"]) == (click, 302)

    died, went_on = sorted(tree.named("run attempt"), key=lambda span: span.began)
    assert (died.facts["snakeweb.attempt.outcome"], died.failed, died.facts["snakeweb.lease.token"]) == (
        "died",
        "died",
        token,
    )
    assert tree.above(died) == ["outbox snakeweb.drive_run", click]
    lost = {span.name: span for span in tree.beneath(died)}
    assert lost["step transfer"].failed == "died"
    assert [span.facts["snakeweb.batch.done"] for span in tree.beneath(lost["step transfer"])] == [10, 20, 30, 40]

    assert (went_on.facts["snakeweb.attempt.outcome"], went_on.facts["snakeweb.lease.token"]) == ("finished", token + 1)
    assert tree.above(went_on) in (handed_over, [click])  # offered again, or taken over by the watchdog
    steps = [step["id"] for step in Run.objects.select_related("revision").get(pk=run.pk).revision.content["steps"]]
    told = {span.name for attempt in (died, went_on) for span in tree.beneath(attempt)}
    assert told == {f"step {step}" for step in steps}
    (transfer,) = [span for span in tree.beneath(went_on) if span.name == "step transfer"]
    names = {span.name for span in tree.beneath(transfer)}
    assert {"batch", "sqlite.scan", "sqlite.apply"} <= names
    assert went_on.process != died.process or went_on.process == transfer.process

    (attempt,) = dry_run.named("run attempt")
    assert dry_run.above(attempt) == [*handed_over[:2], "POST /migrations/<int:migration_id>/validate/"]

    told_facts = {key for span in spans for key in span.facts}
    assert told_facts <= KNOWN_FACTS
    text = repr(spans)
    assert not [word for word in (str(tmp_path), "operator", "s00000", "pl4nted", "sessionid") if word in text]
    check_lines(second.log, run.pk, trace)


def check_lines(log: str, run_id: int, trace: str) -> None:
    """What the worker wrote is JSON, a line an object, each about the run, step and trace that it is about."""
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    assert {"at", "level", "logger", "message"} <= set.intersection(*(set(line) for line in lines))
    (transferred,) = [line for line in lines if line["message"] == "step transfer: done"]
    assert (transferred["run"], transferred["step"], transferred["trace"]) == (run_id, "transfer", trace)
    plain = [line for line in log.splitlines() if "migrations_app" in line and not line.startswith("{")]
    assert not plain
