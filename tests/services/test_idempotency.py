from datetime import datetime, timedelta

import pytest

from migrations_app.services import idempotency
from migrations_app.services.actor import ANONYMOUS, Actor
from migrations_app.services.errors import Conflict, InvalidInput, PermissionDenied
from migrations_app.services.idempotency import KEPT, KeptAnswer

pytestmark = [pytest.mark.django_db, pytest.mark.db_semantics]

DONE = KeptAnswer(201, b'{"id": 7}')


def claim(actor: Actor, now: datetime, key: str = "one", request: str = "a" * 64) -> KeptAnswer | None:
    return idempotency.claim(actor=actor, now=now, key=key, request_digest=request)


def test_a_key_is_free_once_and_then_gives_the_kept_answer(operator: Actor, now: datetime) -> None:
    assert claim(operator, now) is None
    idempotency.keep(actor=operator, key="one", answer=DONE)
    assert claim(operator, now) == DONE
    assert claim(operator, now, key="two") is None


def test_while_the_first_is_not_answered_a_repeat_is_refused(operator: Actor, now: datetime) -> None:
    claim(operator, now)
    with pytest.raises(Conflict) as refused:
        claim(operator, now)
    assert refused.value.reason == "request_in_progress"


def test_a_released_key_is_free_and_an_answered_one_stays(operator: Actor, now: datetime) -> None:
    claim(operator, now)
    idempotency.release(actor=operator, key="one")
    assert claim(operator, now) is None
    idempotency.keep(actor=operator, key="one", answer=DONE)
    idempotency.release(actor=operator, key="one")
    assert claim(operator, now) == DONE


def test_another_request_cannot_use_it_and_another_person_has_their_own(
    operator: Actor, approver: Actor, now: datetime
) -> None:
    claim(operator, now)
    with pytest.raises(InvalidInput) as refused:
        claim(operator, now, request="b" * 64)
    assert refused.value.problems[0].code == "idempotency_key_reused"
    assert claim(approver, now, request="b" * 64) is None


def test_it_is_forgotten_after_a_day(operator: Actor, now: datetime) -> None:
    claim(operator, now)
    assert claim(operator, now + KEPT + timedelta(seconds=1), request="b" * 64) is None


@pytest.mark.parametrize("key", ["", "x" * 201, "a\nb"])
def test_an_unusable_key_is_refused(operator: Actor, now: datetime, key: str) -> None:
    with pytest.raises(InvalidInput):
        claim(operator, now, key=key)


def test_nobody_has_no_keys(now: datetime) -> None:
    with pytest.raises(PermissionDenied):
        claim(ANONYMOUS, now)
