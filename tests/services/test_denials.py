import pytest

from migrations_app.models import AuditEntry
from migrations_app.services.actor import ANONYMOUS
from migrations_app.services.denials import Door, record_denial_at, record_refusal_at
from migrations_app.services.errors import InvalidInput, NotFound, PermissionDenied
from tests.audit_table import decoded

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
