import pytest

from migrations_app.models import ApiToken, AuditEntry
from migrations_app.models.actor import Actor
from migrations_app.services import audit
from tests.runs import AT, person

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_semantics]


def record(actor: Actor | None = None, **values: object) -> AuditEntry:
    given = {"action": "target.edit", "object_type": "target", "object_id": 5, **values}
    return audit.record(actor=actor or Actor(1, "olga"), now=AT, **given)  # type: ignore[arg-type]


def test_the_actor_is_recorded_with_the_token_s_prefix() -> None:
    token = ApiToken.objects.create(person=person(), name="ci", prefix="sw_abc", hash="x", created_at=AT)
    actor = Actor(1, "olga", address="10.0.0.1", request_id="r-9", token_id=token.pk, on_behalf_of="ci")
    body = bytes(record(actor, outcome="denied", reason="no").body).decode()

    for said in ('"token":"sw_abc"', '"address":"10.0.0.1"', '"on_behalf_of":"ci"', '"outcome":"denied"', '"id":"5"'):
        assert said in body


def test_secrets_in_before_and_after_are_hidden() -> None:
    body = bytes(record(before={"password": "hunter2"}, after={"url": "redis://u:hunter2@h"}).body)

    assert b"hunter2" not in body
