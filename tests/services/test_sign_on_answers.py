"""An answer of the provider is kept once, and taken once by the browser that asked (`tests/web/test_saml.py`)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from migrations_app.models import AuditEntry, SignOnAnswer
from migrations_app.runtime.identity import Identity
from migrations_app.runtime.saml_answers import Vouched
from migrations_app.services import sign_on_answers
from migrations_app.services.actor import ANONYMOUS
from migrations_app.services.errors import NotFound, PermissionDenied
from tests.cast import NOW
from tests.parallel import at_once, exceptions

NORA = Identity("https://id.example", "1", "nora@example.org", True, "nora", "Nora", frozenset({"sre"}), False)
VOUCHED = Vouched(NORA, "_assertion", "_request", NOW - timedelta(seconds=9), NOW + timedelta(minutes=5))
SECOND = timedelta(seconds=1)


def keep(vouched: Vouched = VOUCHED, later: timedelta = timedelta()) -> str:
    return sign_on_answers.keep(actor=ANONYMOUS, now=NOW + later, vouched=vouched)


def take(handle: str, request: str = "_request", later: timedelta = SECOND) -> Identity:
    return sign_on_answers.take(actor=ANONYMOUS, now=NOW + later, handle=handle, requests=["_older", request]).identity


@pytest.mark.django_db
def test_it_is_taken_once_by_whoever_began_it_and_leaves_nothing_behind() -> None:
    handle = keep()
    with pytest.raises(PermissionDenied, match="not begun in this browser"):
        take(handle, "_another")
    found = sign_on_answers.take(actor=ANONYMOUS, now=NOW + SECOND, handle=handle, requests=["_request"])
    assert found == sign_on_answers.Taken(NORA, VOUCHED.authenticated_at, "_request")
    for unknown in (handle, "invented"):
        with pytest.raises(NotFound, match="finished already"):
            take(unknown)
    row = SignOnAnswer.objects.get()
    assert row.identity == {}
    assert handle not in str(vars(row))
    assert AuditEntry.objects.filter(action="sign_on_answer.take", outcome="denied").count() == 1


@pytest.mark.django_db
def test_an_assertion_is_used_once_for_as_long_as_it_holds() -> None:
    keep()
    for later in (timedelta(), timedelta(minutes=4)):
        with pytest.raises(PermissionDenied, match="used already"):
            keep(later=later)
    keep(replace(VOUCHED, identity=replace(NORA, issuer="https://other.example")))
    keep(replace(VOUCHED, assertion="_later"), later=timedelta(minutes=5))
    assert SignOnAnswer.objects.count() == 1  # the others have ended by themselves


@pytest.mark.django_db
def test_a_handle_is_good_for_a_minute() -> None:
    handle = keep()
    with pytest.raises(NotFound):
        take(handle, later=timedelta(seconds=60))
    assert sign_on_answers.forget_old(now=NOW + timedelta(seconds=60)) == 0  # the assertion is still remembered
    assert SignOnAnswer.objects.get().identity == {}
    assert sign_on_answers.forget_old(now=VOUCHED.until) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.db_semantics
def test_of_two_at_once_one_is_kept_and_one_takes_it() -> None:
    kept = at_once(*[keep] * 3)
    (handle,) = [each for each in kept if isinstance(each, str)]
    taken = at_once(*[lambda: take(handle)] * 3)
    assert [each for each in taken if not isinstance(each, Exception)] == [NORA]
    assert all(isinstance(each, PermissionDenied | NotFound) for each in (*exceptions(kept), *exceptions(taken)))
