import pytest

from migrations_app.models import StoredSecret
from migrations_app.runtime import secrets as vault
from tests.api.door import program
from tests.secret_plans import VALUE

pytestmark = pytest.mark.django_db(transaction=True)


def test_values_go_in_and_never_come_out(admin, operator, dev):
    door = program(admin)
    body = {"environment_id": dev.pk, "name": "wax", "secret": VALUE}
    made = door.post("/secrets", body, Idempotency_Key="once")
    again = door.post("/secrets", body, Idempotency_Key="once")
    assert (made.status, again.content) == (201, made.content)
    one = f"/secrets/{made.body['id']}"
    replaced = door.post(f"{one}/replace", {"version": 1, "secret": "the second value"})
    assert (replaced.status, replaced.body["version"]) == (200, 2)
    assert vault.reveal_named(StoredSecret.objects.get()) == "the second value"
    answers = [made, again, replaced, door.get("/secrets"), door.get(one), program(operator).get("/secrets")]
    assert [answer.status for answer in answers[3:]] == [200, 200, 200]
    assert not [answer for answer in answers if VALUE in answer.content.decode() or "the second" in str(answer.body)]

    assert door.post(f"{one}/archive", {"version": 1}).code == "stale_edit"
    assert door.post(f"{one}/archive", {"version": 2}).body["archived"] is True
    assert door.get("/secrets").body["items"] == []
    assert len(door.get("/secrets?archived=true").body["items"]) == 1
    assert door.post(f"{one}/restore").body["archived"] is False
    wrong = door.post("/secrets", {"environment_id": dev.pk, "name": "Hunter2!", "secret": ""})
    assert wrong.status == 422
    assert b"Hunter2" not in wrong.content
