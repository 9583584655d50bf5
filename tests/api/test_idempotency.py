import pytest

from migrations_app.models import Environment, IdempotencyKey
from migrations_app.services.actor import Actor
from tests.api.door import browser, program, program_with
from tests.parallel import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_semantics]


def test_a_repeat_gets_the_first_answer_and_takes_no_effect(admin: Actor) -> None:
    door = program(admin)
    first = door.post("/environments", {"name": "lab"}, Idempotency_Key="one")
    again = door.post("/environments", {"name": "lab"}, Idempotency_Key="one")
    assert (first.status, again.status) == (201, 201)
    assert again.body == first.body
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert Environment.objects.filter(name="lab").count() == 1


def test_a_key_belongs_to_one_request(admin: Actor) -> None:
    door = program(admin)
    door.post("/environments", {"name": "lab"}, Idempotency_Key="one")
    answer = door.post("/environments", {"name": "other"}, Idempotency_Key="one")
    assert answer.status == 422
    assert answer.fields == {"Idempotency-Key"}
    assert not Environment.objects.filter(name="other").exists()


def test_a_key_belongs_to_one_person(admin: Actor, operator: Actor) -> None:
    program(admin).post("/environments", {"name": "lab"}, Idempotency_Key="one")
    answer = program(operator).post("/environments", {"name": "lab"}, Idempotency_Key="one")
    assert answer.code == "permission_denied"


def test_a_refusal_leaves_the_key_free(admin: Actor) -> None:
    door = program(admin)
    assert door.post("/environments", {"name": "No Name!"}, Idempotency_Key="one").status == 422
    assert door.post("/environments", {"name": "lab"}, Idempotency_Key="one").status == 201


def test_a_token_is_not_kept_for_a_repeat(operator: Actor) -> None:
    door = browser(operator)
    wish = {"name": "ci", "scopes": ["read"]}
    first = door.post("/tokens", wish, Idempotency_Key="one")
    assert first.status == 201
    assert first.body["token"].encode() not in b"".join(bytes(row.response) for row in IdempotencyKey.objects.all())
    again = door.post("/tokens", wish, Idempotency_Key="one")
    assert (again.status, again.code) == (409, "answer_shown_once")


@pytest.mark.parametrize("key", ["", "x" * 201, "a\tb"])
def test_an_unusable_key_is_named(admin: Actor, key: str) -> None:
    answer = program(admin).post("/environments", {"name": "lab"}, Idempotency_Key=key)
    assert answer.status == 422
    assert answer.fields == {"Idempotency-Key"}


def test_of_many_at_once_one_takes_effect(admin: Actor) -> None:
    token = program(admin).headers["Authorization"]

    def create() -> int:
        return program_with(token).post("/environments", {"name": "lab"}, Idempotency_Key="one").status

    outcomes = at_once(create, create, create, create)
    assert set(outcomes) <= {201, 409}
    assert 201 in outcomes
    assert Environment.objects.filter(name="lab").count() == 1


def test_who_does_not_say_who_they_are_takes_no_key(cast: object) -> None:
    assert program_with("Bearer nothing").post("/environments", {"name": "lab"}, Idempotency_Key="one").status == 401
    assert not IdempotencyKey.objects.exists()
