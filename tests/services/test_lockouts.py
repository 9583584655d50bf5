"""The counts behind the lock-out, by account and address and by account alone."""

import json
from datetime import timedelta

import pytest
from axes.models import AccessAttempt, AccessLog

from migrations_app.models import AuditEntry
from migrations_app.selectors.lockouts import (
    COOL_OFF_EVERYWHERE,
    COOL_OFF_HERE,
    TRIES_EVERYWHERE,
    TRIES_HERE,
    list_lockouts,
)
from migrations_app.services import lockouts
from migrations_app.services.errors import NotFound, PermissionDenied
from tests.cast import NOW, Cast
from tests.parallel import at_once

HERE, THERE = "192.0.2.1", "192.0.2.2"


def entries(action: str) -> list[dict[str, object]]:
    return [json.loads(bytes(row.body)) for row in AuditEntry.objects.filter(action=action).order_by("seq")]


def exhaust(who: lockouts.Trying, tries: int = TRIES_HERE) -> None:
    for _ in range(tries):
        assert lockouts.take(who, now=NOW) is None


@pytest.mark.django_db
def test_an_account_rests_for_one_address_and_then_begins_anew(cast: Cast) -> None:
    who = lockouts.trying(login="admin", address=HERE)
    exhaust(who)

    until = lockouts.take(who, now=NOW)
    assert until is not None
    late = until - timedelta(seconds=1)
    assert lockouts.take(who, now=late) == until  # trying on does not make it longer
    assert lockouts.take(lockouts.trying(login="ADMIN@example.org", address=THERE), now=late) is None
    assert lockouts.take(lockouts.trying(login="viewer", address=HERE), now=late) is None

    (entry,) = entries("account.lock")
    assert (entry["outcome"], entry["address"]) == ("denied", HERE)
    assert entry["after"] == {"name": "admin", "address": HERE, "tries": TRIES_HERE}
    assert lockouts.take(who, now=NOW + COOL_OFF_HERE) is None


@pytest.mark.django_db
def test_right_ones_are_given_back_and_wrong_ones_stay_until_the_sign_in(cast: Cast) -> None:
    who = lockouts.trying(login="admin", address=HERE)
    exhaust(who, TRIES_HERE - 1)
    for _ in range(3 * TRIES_EVERYWHERE):
        assert lockouts.take(who, now=NOW) is None
        lockouts.give_back(who)
    assert lockouts.take(who, now=NOW) is None
    assert lockouts.take(who, now=NOW) is not None

    lockouts.signed_in(who, now=NOW)
    exhaust(who)


@pytest.mark.django_db(transaction=True)
@pytest.mark.db_semantics
def test_of_many_tries_at_once_no_more_are_judged_than_there_are(cast: Cast) -> None:
    who = lockouts.trying(login="admin", address=HERE)

    outcomes = at_once(*[lambda: lockouts.take(who, now=NOW)] * 16)

    assert outcomes.count(None) == TRIES_HERE
    assert set(outcomes) - {None} == {NOW + COOL_OFF_HERE}
    assert len(entries("account.lock")) == 1


@pytest.mark.django_db
def test_from_many_addresses_an_account_rests_except_where_its_person_works(cast: Cast) -> None:
    admin = cast.people["admin"].pk
    lockouts.signed_in(lockouts.of_person(admin, address="198.51.100.1"), now=NOW - timedelta(days=29))
    lockouts.signed_in(lockouts.of_person(admin, address="198.51.100.2"), now=NOW)
    AccessLog.objects.filter(ip_address="198.51.100.1").update(attempt_time=NOW - timedelta(days=31))
    AccessLog.objects.filter(ip_address="198.51.100.2").update(attempt_time=NOW - timedelta(days=29))
    for n in range(TRIES_EVERYWHERE):
        exhaust(lockouts.of_person(admin, address=f"203.0.113.{n}"), 1)

    new, once, works = ("192.0.2.9", "198.51.100.1", "198.51.100.2")
    assert lockouts.take(lockouts.of_person(admin, address=new), now=NOW) == NOW + COOL_OFF_EVERYWHERE
    assert lockouts.take(lockouts.of_person(admin, address=once), now=NOW) is not None
    assert lockouts.take(lockouts.of_person(admin, address=works), now=NOW) is None
    (lock,) = list_lockouts(actor=cast.actors["admin"], now=NOW)
    assert (lock.username, lock.address, lock.tries) == ("admin", "", TRIES_EVERYWHERE)
    assert lockouts.take(lockouts.of_person(admin, address=new), now=NOW + COOL_OFF_EVERYWHERE) is None


@pytest.mark.django_db
def test_a_name_that_nobody_has_is_counted_alike_and_not_kept(cast: Cast) -> None:
    typed = "hunter2 typed as a name"
    who = lockouts.trying(login=typed, address=HERE)
    exhaust(who)

    assert lockouts.take(who, now=NOW) == NOW + COOL_OFF_HERE
    assert lockouts.take(lockouts.trying(login="other\x00", address=HERE), now=NOW) is None
    kept = [str(row) for row in AccessAttempt.objects.values()] + [str(body) for body in entries("account.lock")]
    assert len(kept) >= 3
    assert not any("hunter2" in text for text in kept)
    assert [lock.username for lock in list_lockouts(actor=cast.actors["admin"], now=NOW)] == [""]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),  # one caller has all of a /64
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("", "not an address", True),
    ],
)
def test_what_one_address_is(one: str, other: str, same: bool) -> None:
    first, second = (lockouts.of_person(1, address=address) for address in (one, other))
    assert (first.address == second.address) is same


@pytest.mark.django_db
def test_an_admin_lifts_it_and_nobody_else(cast: Cast) -> None:
    who = lockouts.trying(login="viewer", address=HERE)
    exhaust(who)
    (lock,) = list_lockouts(actor=cast.actors["admin"], now=NOW)
    with pytest.raises(PermissionDenied):
        list_lockouts(actor=cast.actors["operator"], now=NOW)
    with pytest.raises(PermissionDenied):
        lockouts.lift(actor=cast.actors["operator"], now=NOW, lockout_id=lock.id)
    assert lockouts.take(who, now=NOW) is not None

    lockouts.lift(actor=cast.actors["admin"], now=NOW, lockout_id=lock.id)

    assert list_lockouts(actor=cast.actors["admin"], now=NOW) == ()
    exhaust(who)
    assert [(e["actor"], e["outcome"]) for e in entries("account.unlock")] == [
        ("operator", "denied"),
        ("admin", "allowed"),
    ]
    with pytest.raises(NotFound):
        lockouts.lift(actor=cast.actors["admin"], now=NOW, lockout_id=lock.id)


@pytest.mark.django_db
def test_counts_of_yesterday_are_forgotten(cast: Cast) -> None:
    exhaust(lockouts.trying(login="nobody of this name", address=HERE), 1)
    lockouts.take(lockouts.trying(login="another", address=HERE), now=NOW + timedelta(days=2))
    assert AccessAttempt.objects.count() == 2  # that of the latter here, and everywhere
