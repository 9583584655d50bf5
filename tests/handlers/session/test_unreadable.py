import pytest

from migrations_app.engine.errors import StepFailed
from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.handlers.session.fingerprint import fingerprint
from migrations_app.handlers.session.unreadable import refuse_unreadable
from migrations_app.stores.sessions.base import Page
from migrations_app.stores.sessions.records import SessionRecord
from tests.handlers.session.contexts import context
from tests.handlers.session.moves import KEY, Move, place

SOUND = SessionRecord("one", b"1")


def page(*unreadable: tuple[str, str]) -> Page:
    return Page([SOUND], "", True, unreadable)


@pytest.fixture
def move(sqlite_place) -> Move:
    return Move(sqlite_place(), sqlite_place())


def test_a_page_of_sessions(move):
    refuse_unreadable(context(move, route=(RoutePhase.PLAIN_A, "a")), page())


def test_the_first_is_named_by_its_fingerprint_and_the_reason(move):
    ctx = context(move, route=(RoutePhase.PLAIN_A, "a"))

    with pytest.raises(StepFailed) as raised:
        refuse_unreadable(ctx, page(("secret-id", "the value is not JSON"), ("other-id", "too long")))
    assert "2 record(s)" in raised.value.message
    assert f"{fingerprint('secret-id', KEY)}: the value is not JSON" in raised.value.message
    assert "secret-id" not in str(raised.value.as_dict())


def test_twenty_are_named_at_most(move):
    ctx = context(move, route=(RoutePhase.PLAIN_A, "a"))

    with pytest.raises(StepFailed) as raised:
        refuse_unreadable(ctx, page(*((f"id-{number}", "no JSON") for number in range(30))))
    assert len(raised.value.details["unreadable"]) == 20


def test_they_may_stay_where_they_are(sqlite_place):
    move = Move(place(sqlite_place().config), sqlite_place(), parameters={"unreadable": "leave"})

    refuse_unreadable(context(move, route=(RoutePhase.PLAIN_A, "a")), page(("one", "no JSON")))
