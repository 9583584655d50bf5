"""Routes: read at once, by long poll, and leases that say how far a client has come."""

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from migrations_app.models import Environment, Route, RouteLease
from migrations_app.routing.record import from_document
from migrations_app.services import routes
from migrations_app.services.actor import Actor
from tests.api.door import Answer, program, program_with
from tests.parallel import in_thread, wait_for
from tests.stores_on_disk import Stage

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_semantics]


@pytest.fixture
def route(dev: Environment) -> Route:
    return Route.objects.create(
        environment=dev,
        name="sessions",
        epoch=3,
        phase="handoff",
        authority="a",
        stores={"a": "sessions-a", "b": "sessions-b"},
        handoff_deadline=datetime.now(UTC) + timedelta(seconds=5),
        changed_at=datetime.now(UTC),
    )


def test_a_client_reads_the_record_that_routing_understands(route: Route, operator: Actor) -> None:
    answer = program(operator, ["route"]).get("/routes/sessions")
    assert answer.status == 200
    record = from_document(answer.body)
    assert (record.name, record.epoch, record.phase, record.authority) == ("sessions", 3, "handoff", "a")
    assert record.stores == {"a": "sessions-a", "b": "sessions-b"}
    assert record.handoff_deadline is not None


def test_a_poll_ends_with_the_change(route: Route, operator: Actor) -> None:
    token = program(operator, ["route"]).headers["Authorization"]
    answers: list[Answer] = []
    begun = time.monotonic()

    def poll() -> None:
        answers.append(in_thread(lambda: program_with(token).get("/routes/sessions", after=3, wait=20)))

    poller = threading.Thread(target=poll)
    poller.start()
    Route.objects.filter(pk=route.pk).update(epoch=4, phase="single_b", authority="b")
    wait_for(lambda: bool(answers))
    poller.join()
    assert answers[0].body["epoch"] == 4
    assert answers[0].body["buckets"][0]["authority"] == "b"
    assert time.monotonic() - begun < 20


def test_a_poll_without_news_ends_with_what_is(route: Route, operator: Actor) -> None:
    begun = time.monotonic()
    answer = program(operator, ["route"]).get("/routes/sessions", after=3, wait=1)
    assert answer.body["epoch"] == 3
    assert time.monotonic() - begun >= 1


def test_a_lease_is_kept_and_answered_with_the_route(route: Route, operator: Actor) -> None:
    door = program(operator, ["route"])
    lease = {"boot_id": "b1", "acked_epoch": 3, "build": "1.0", "counters": {"reads": 7}, "max_acked_seq": 0}
    answer = door.put("/routes/sessions/leases/web-1", lease)
    assert (answer.status, answer.body["epoch"]) == (200, 3)
    row = RouteLease.objects.get()
    assert (row.client_id, row.acked_epoch, row.counters) == ("web-1", 3, {"reads": 7})

    back = door.put("/routes/sessions/leases/web-1", lease | {"acked_epoch": 2})
    assert (back.status, back.code) == (409, "epoch_went_back")
    assert door.put("/routes/sessions/leases/web-1", lease | {"acked_epoch": 9}).fields == {"acked_epoch"}
    assert door.put("/routes/sessions/leases/web-1", lease | {"counters": {"reads": -1}}).status == 422


def test_a_token_needs_the_scope(route: Route, operator: Actor, outsider: Actor) -> None:
    lease = {"boot_id": "b1", "acked_epoch": 3}
    assert program(operator, ["read"]).put("/routes/sessions/leases/web-1", lease).code == "permission_denied"
    assert program(outsider, ["route"]).get("/routes/sessions").code == "not_found"
    assert program(operator, ["route"]).get("/routes/moon").code == "not_found"
    assert program_with("Bearer nothing").get("/routes/sessions").code == "not_authenticated"
    assert program(operator, ["route"]).get("/migrations").body["items"] == []


def test_a_wait_has_its_limits(route: Route, operator: Actor) -> None:
    assert program(operator, ["route"]).get("/routes/sessions", wait=3_600).fields == {"wait"}


def test_a_client_that_fell_silent_is_listed_for_a_day(route: Route, operator: Actor) -> None:
    door = program(operator, ["route"])
    door.put("/routes/sessions/leases/web-1", {"boot_id": "b1", "acked_epoch": 3})
    ended = datetime.now(UTC) - timedelta(hours=23)
    RouteLease.objects.update(renewed_at=ended, expires_at=ended)
    routes.forget_silent(now=datetime.now(UTC))
    assert [row["client_id"] for row in door.get("/routes/sessions/leases").body] == ["web-1"]

    routes.forget_silent(now=datetime.now(UTC) + timedelta(hours=2))
    assert door.get("/routes/sessions/leases").body == []


def test_a_route_is_opened_and_its_followers_are_listed(admin: Actor, operator: Actor, stage: Stage) -> None:
    answer = program(admin, ["admin"]).post("/routes", {"name": "web", "target_id": stage.source_id})
    assert (answer.status, answer.body["epoch"], answer.body["authority"]) == (201, 1, "a")
    follower = program(operator, ["route"])
    follower.put("/routes/web/leases/web-1", {"boot_id": "b", "acked_epoch": 1})
    assert [row["client_id"] for row in follower.get("/routes/web/leases").body] == ["web-1"]
