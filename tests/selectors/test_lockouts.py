import pytest

from migrations_app.selectors.lockouts import COOL_OFF_HERE, TRIES_HERE, list_lockouts
from migrations_app.services import lockouts
from tests.cast import NOW, Cast

pytestmark = pytest.mark.django_db


def test_locks_in_force_are_listed_and_counts_below_are_not(cast: Cast) -> None:
    for login, tries in (("viewer", TRIES_HERE + 3), ("operator", TRIES_HERE - 1)):
        for _ in range(tries):
            lockouts.take(lockouts.trying(login=login, address="192.0.2.1"), now=NOW)

    (lock,) = list_lockouts(actor=cast.actors["admin"], now=NOW)

    assert (lock.username, lock.address, lock.tries, lock.until) == (
        "viewer",
        "192.0.2.1",
        TRIES_HERE,
        NOW + COOL_OFF_HERE,
    )
    assert list_lockouts(actor=cast.actors["admin"], now=NOW + COOL_OFF_HERE) == ()
