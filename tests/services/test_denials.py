from dataclasses import replace
from datetime import timedelta

import pytest

from migrations_app.models import AuditEntry, RepeatedDenial
from migrations_app.services.actor import ANONYMOUS
from migrations_app.services.denials import Door, record_denial_at, record_refusal_at, tell_repeated
from migrations_app.services.errors import InvalidInput, NotFound, PermissionDenied
from tests.audit_table import decoded
from tests.parallel import at_once

pytestmark = pytest.mark.django_db


def test_a_refusal_that_no_service_wrote_is_written_once(viewer, now):
    refused = PermissionDenied("viewer may not read it.")

    assert record_refusal_at(Door.PAGE, actor=viewer, now=now, what="/audit/", refused=refused)
    assert not record_refusal_at(Door.PAGE, actor=viewer, now=now, what="/audit/", refused=refused)

    body = decoded(AuditEntry.objects.get())
    assert (body["action"], body["object"], body["outcome"]) == (
        "page.open",
        {"type": "page", "id": "/audit/"},
        "denied",
    )
    assert body["reason"] == "permission_denied: viewer may not read it."
    assert (body["address"], body["request_id"]) == ("192.0.2.7", "request-1")


def test_absence_and_wrong_input_are_no_denials(viewer, now):
    for refused in (NotFound("There is no run 7."), InvalidInput(())):
        assert not record_refusal_at(Door.API, actor=viewer, now=now, what="/api/v1/runs/7", refused=refused)
    hidden = NotFound("There is no run 7.", hidden=True)
    assert record_refusal_at(Door.API, actor=viewer, now=now, what="/api/v1/runs/7", refused=hidden)


def test_strangers_cannot_fill_the_trail(now):
    for _ in range(5):
        record_denial_at(Door.API, actor=ANONYMOUS, now=now, what="/api/v1/runs", why="not_authenticated: no token")
    assert AuditEntry.objects.count() == 1


def test_a_long_path_is_kept_beside_the_number_of_its_object(viewer, now):
    path = "/api/v1/" + "a" * 300
    record_denial_at(Door.API, actor=viewer, now=now, what=path, why="forbidden: no")

    body = decoded(AuditEntry.objects.get())
    assert body["object"]["id"] == path[:40]
    assert path[:200] in body["reason"]
    assert path not in body["reason"]


HIDDEN = "not_found: There is no route 'sessions'."
ROUTE = "/api/v1/routes/sessions"


def polled(actor, at, what=ROUTE, why=HIDDEN):
    return record_denial_at(Door.API, actor=actor, now=at, what=what, why=why, environment="production")


def told():
    """Who, where, and how often more."""
    bodies = [decoded(row) for row in AuditEntry.objects.order_by("seq")]
    return [(body["actor"], body["environment"], (body["after"] or {}).get("times_more", 0)) for body in bodies]


def test_whoever_polls_what_is_hidden_is_one_entry_and_one_count_a_minute(viewer, now):
    for second in range(0, 60, 10):
        polled(viewer, now + timedelta(seconds=second))
    assert told() == [("viewer", "production", 0)]
    assert tell_repeated(now=now + timedelta(seconds=59)) == 0

    polled(viewer, now + timedelta(seconds=61))
    assert told() == [("viewer", "production", 0), ("viewer", "production", 5), ("viewer", "production", 0)]
    counted = decoded(AuditEntry.objects.get(seq=2))
    assert (counted["outcome"], counted["reason"], counted["address"]) == ("denied", HIDDEN, "192.0.2.7")
    assert counted["after"]["until"] > counted["after"]["since"]


def test_the_count_is_told_when_the_polling_ends_and_nothing_where_there_is_none(viewer, operator, now):
    polled(viewer, now)
    polled(viewer, now)
    polled(operator, now)

    later = now + timedelta(minutes=1)
    assert [tell_repeated(now=later), tell_repeated(now=later)] == [1, 0]
    assert told() == [("viewer", "production", 0), ("operator", "production", 0), ("viewer", "production", 1)]
    assert not RepeatedDenial.objects.exists()


def test_another_path_reason_or_token_is_another_entry(viewer, now):
    assert polled(viewer, now)
    assert polled(viewer, now, what="/api/v1/routes/other")
    assert polled(viewer, now, why="forbidden: no")
    assert polled(replace(viewer, token_id=7), now)
    assert not polled(replace(viewer, token_id=7, request_id="another"), now)


@pytest.mark.db_semantics
@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_is_the_entry_and_the_others_are_counted(viewer, now):
    written = at_once(*[lambda: polled(viewer, now)] * 8)
    assert sorted(written) == [False] * 7 + [True]

    later = now + timedelta(minutes=1)
    assert sum(at_once(*[lambda: tell_repeated(now=later)] * 4)) == 1
    assert told() == [("viewer", "production", 0), ("viewer", "production", 7)]
