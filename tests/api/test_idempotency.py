import json

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from migrations_app.models import Environment, IdempotencyKey, Person
from migrations_app.services import idempotency
from migrations_app.services.actor import Actor
from migrations_app.services.errors import Conflict, InvalidInput
from tests.api.door import browser, program, program_with
from tests.cast import NOW
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


def test_edits_and_removals_take_keys_too(admin: Actor, operator: Actor) -> None:
    door = program(admin)
    place = f"/environments/{door.post('/environments', {'name': 'lab'}).body['id']}"
    change = json.dumps({"description": "first"}).encode()
    first = door.send("patch", place, change, Idempotency_Key="one")
    door.patch(place, {"description": "second"})
    again = door.send("patch", place, change, Idempotency_Key="one")
    assert (first.status, again.status, again.headers["Idempotency-Replayed"]) == (200, 200, "true")
    assert door.get(place).body["description"] == "second", "the repeat took no effect"
    other = door.send("patch", place, change, Idempotency_Key="one", If_Match="*")
    assert other.fields == {"Idempotency-Key"}, "another precondition is another request"
    mine = browser(operator)
    token = mine.post("/tokens", {"name": "ci", "scopes": ["read"]}).body["id"]
    gone = [mine.send("delete", f"/tokens/{token}", b"", Idempotency_Key="two") for _ in range(2)]
    assert [answer.status for answer in gone] == [gone[0].status] * 2
    assert "Idempotency-Replayed" in gone[1].headers


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(codec="latin-1"), max_size=210))
def test_whatever_a_key_looks_like_it_is_used_or_named(key: str) -> None:
    IdempotencyKey.objects.all().delete()
    answer = tried(key)
    assert answer in ("claimed", "named")
    if answer == "claimed":
        assert key.isprintable()
        assert 0 < len(key) <= 200
        assert tried(key) == "in progress"


def tried(key: str) -> str:
    person, _ = Person.objects.get_or_create(username="somebody")
    actor = Actor(person.pk, person.username)
    try:
        with transaction.atomic():
            idempotency.claim(actor=actor, now=NOW, key=key, request_digest="x")
    except InvalidInput:
        return "named"
    except Conflict:
        return "in progress"
    return "claimed"


def test_who_does_not_say_who_they_are_takes_no_key(cast: object) -> None:
    assert program_with("Bearer nothing").post("/environments", {"name": "lab"}, Idempotency_Key="one").status == 401
    assert not IdempotencyKey.objects.exists()
