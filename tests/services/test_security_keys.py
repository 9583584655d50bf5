"""A copied security key is found by the count that each use brings."""

import pytest
from allauth.mfa.models import Authenticator

from migrations_app.models import AuditEntry
from migrations_app.services import security_keys
from migrations_app.services.actor import Actor
from migrations_app.services.errors import Conflict
from tests.cast import NOW, Cast
from tests.parallel import at_once
from tests.security_key import registered

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_semantics]


@pytest.fixture
def key(cast: Cast) -> Authenticator:
    return registered(cast.people["approver"], count=1)


def use(key: Authenticator, count: int) -> bool:
    actor = Actor(None, "approver", address="192.0.2.7")
    security_keys.used(actor=actor, now=NOW, account_id=key.user_id, authenticator_id=key.pk, count=count)
    return True


def test_a_count_that_goes_up_is_kept_and_one_that_does_not_is_refused_and_in_the_trail(key: Authenticator) -> None:
    assert use(key, 2)
    assert use(key, 7)
    for count in (7, 3, 0):
        with pytest.raises(Conflict, match="was copied"):
            use(key, count)

    assert Authenticator.objects.get(pk=key.pk).data[security_keys.COUNT] == 7
    entries = AuditEntry.objects.filter(action="account.use_key", outcome="denied")
    assert [(row.actor, row.object_id, row.address) for row in entries] == [
        ("approver", str(key.user_id), "192.0.2.7")
    ] * 3


def test_the_first_use_is_compared_with_the_registration(key: Authenticator) -> None:
    with pytest.raises(Conflict):
        use(key, 1)


def test_a_key_that_does_not_count_is_no_copy(cast: Cast) -> None:
    key = registered(cast.people["viewer"], count=0)
    assert [use(key, 0), use(key, 0)] == [True, True]


def test_of_two_at_once_with_the_same_count_one_is_refused(key: Authenticator) -> None:
    results = at_once(*[lambda: use(key, 2)] * 2)
    assert sorted(isinstance(result, Conflict) for result in results) == [False, True]
