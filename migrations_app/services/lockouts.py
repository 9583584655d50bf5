"""Lock-out: a try to prove who one is, by password or second factor, is counted before it is judged.

Whoever proved it gets the try back; so of many tries at once no more are judged than there are left. After
`TRIES_HERE` wrong ones an account rests for that address, and after `TRIES_EVERYWHERE` from wherever it rests for every
address from which its person has not signed in lately: nobody can lock a person out of where they work.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from allauth.account.utils import filter_users_by_email, filter_users_by_username
from axes.models import AccessAttempt, AccessLog
from django.db import transaction
from django.db.models import F

from migrations_app.models import Person
from migrations_app.runtime import secrets
from migrations_app.selectors.lockouts import EVERYWHERE, PERSON, cool_off, most_tries, person_of
from migrations_app.services import audit
from migrations_app.services.actor import ANONYMOUS, Actor
from migrations_app.services.errors import NotFound
from migrations_app.services.operation import operation
from migrations_app.services.permissions import Permission, require
from migrations_app.services.sessions import NOBODY_KNOWS_WHERE

KNOWN_FOR = timedelta(days=30)  # how long an address from which somebody signed in is theirs
FORGOTTEN_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Trying:
    """Who tries from where. `person_id` is None for a name that nobody has, which is counted all the same."""

    name: str
    person_id: int | None
    address: str


def trying(*, login: str, address: str) -> Trying:
    """`login`: a user name or mail address, as it was typed. People type passwords there: only a keyed hash is kept."""
    found = [*filter_users_by_username(login), *filter_users_by_email(login)] if login.isprintable() else []
    if found:
        return of_person(min(person.pk for person in found), address=address)
    pepper = secrets.derive(secrets.keys()[0], "names that nobody has")
    digest = hmac.new(pepper, login.strip().lower().encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
    return Trying(f"unknown {digest[:32]}", None, _network(address))


def of_person(person_id: int, *, address: str) -> Trying:
    return Trying(f"{PERSON}{person_id}", person_id, _network(address))


def take(who: Trying, *, now: datetime, request_id: str = "") -> datetime | None:
    """Count a try. None: it may be judged now; else until when nothing is judged, and then nothing was counted."""
    with transaction.atomic():
        here = _locked(who.name, who.address, now)
        everywhere = None if _is_known(who, now) else _locked(who.name, EVERYWHERE, now)
        rows = [row for row in (here, everywhere) if row is not None]
        for row in rows:
            if row.failures_since_start >= most_tries(row.ip_address):
                return _refuse(row, who, now, request_id)
        for row in rows:
            AccessAttempt.objects.filter(pk=row.pk).update(
                failures_since_start=F("failures_since_start") + 1, attempt_time=now
            )
    return None


def give_back(who: Trying) -> None:
    """The try was right. Earlier wrong ones stay counted until the person is signed in."""
    for address in (who.address, EVERYWHERE):
        counted = AccessAttempt.objects.filter(username=who.name, ip_address=address, failures_since_start__gt=0)
        counted.update(failures_since_start=F("failures_since_start") - 1)


def signed_in(who: Trying, *, now: datetime) -> None:
    """What was counted here is forgotten, and the address is the person's for a while."""
    AccessAttempt.objects.filter(username=who.name, ip_address=who.address).delete()
    signed = AccessLog.objects.filter(username=who.name, ip_address=who.address)
    if not signed.exists():
        AccessLog.objects.create(username=who.name, ip_address=who.address)
    signed.update(attempt_time=now)


def signs_in_from_here(*, login: str, address: str, now: datetime) -> bool:
    """Whether somebody has this name and signed in from there lately."""
    return _is_known(trying(login=login, address=address), now)


@operation("account.unlock", about="lockout", in_maintenance=True)
def lift(*, actor: Actor, now: datetime, lockout_id: int) -> None:
    """As an admin of every environment: tries begin anew."""
    require(actor, Permission.MANAGE_PEOPLE, None)
    row = AccessAttempt.objects.select_for_update().filter(pk=lockout_id).first()
    if row is None:
        raise NotFound(f"There is no lock {lockout_id}.", "It may have ended: look at the list of people.")
    audit.record(
        actor=actor,
        now=now,
        action="account.unlock",
        object_type="account",
        object_id=person_of(row) or "",
        before=_facts(row),
    )
    row.delete()


@operation("account.unlock", about="person", in_maintenance=True)
def lift_all(*, actor: Actor, now: datetime, person_id: int) -> int:
    """Every lock of a person; how many. For the command line, when nobody can sign in to do it."""
    require(actor, Permission.MANAGE_PEOPLE, None)
    rows = list(AccessAttempt.objects.select_for_update().filter(username=f"{PERSON}{person_id}"))
    for row in rows:
        lift(actor=actor, now=now, lockout_id=row.pk)
    return len(rows)


def _network(address: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:
        return NOBODY_KNOWS_WHERE
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is None:
        return str(ip_network((parsed, 64), strict=False).network_address)
    return str(getattr(parsed, "ipv4_mapped", None) or parsed)


def _locked(name: str, address: str, now: datetime) -> AccessAttempt:
    """The row of these counts, locked and at nought when the last one is long enough ago."""
    key = {"username": name, "ip_address": address, "user_agent": ""}
    _, made = AccessAttempt.objects.get_or_create(**key, defaults={"failures_since_start": 0})
    row: AccessAttempt = AccessAttempt.objects.select_for_update().get(**key)
    if made:
        AccessAttempt.objects.filter(attempt_time__lt=now - FORGOTTEN_AFTER).exclude(username=name).delete()
    elif row.attempt_time + cool_off(address) <= now:
        AccessAttempt.objects.filter(pk=row.pk).update(failures_since_start=0)
        row.failures_since_start = 0
    return row


def _is_known(who: Trying, now: datetime) -> bool:
    lately = AccessLog.objects.filter(attempt_time__gt=now - KNOWN_FOR)
    known: bool = lately.filter(username=who.name, ip_address=who.address).exists()
    return known


def _refuse(row: AccessAttempt, who: Trying, now: datetime, request_id: str) -> datetime:
    """One entry for a lock, however often it is run into: the count goes one beyond when it was written."""
    if row.failures_since_start == most_tries(row.ip_address):
        AccessAttempt.objects.filter(pk=row.pk).update(failures_since_start=F("failures_since_start") + 1)
        audit.record(
            actor=Actor(None, ANONYMOUS.username, address=who.address, request_id=request_id),
            now=now,
            action="account.lock",
            object_type="account",
            object_id=who.person_id or "",
            outcome="denied",
            reason="too_many_tries: the last of the tries was wrong; this one was not judged.",
            after=_facts(row),
        )
    until: datetime = row.attempt_time + cool_off(row.ip_address)
    return until


def _facts(row: AccessAttempt) -> dict[str, object]:
    username = Person.objects.filter(pk=person_of(row) or 0).values_list("username", flat=True).first()
    return {
        "name": username or "a name that nobody has",
        "address": "every address that is new to them" if row.ip_address == EVERYWHERE else row.ip_address,
        "tries": min(row.failures_since_start, most_tries(row.ip_address)),
    }
