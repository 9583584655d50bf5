"""Who may not try to sign in now: the rule, and what an admin sees of it.

Tries are counted by account and address, and by account alone. The tables are django-axes'; what its columns hold here:
`username` is `person 7` or `unknown <hash>`, `ip_address` a network (`services/lockouts.py`), `user_agent` empty.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from axes.models import AccessAttempt
from django.db.models import Q

from migrations_app.models import Person
from migrations_app.models.actor import Actor
from migrations_app.selectors.people import require_people

PERSON = "person "
EVERYWHERE = "::"  # stands for every address: what is counted by account alone
TRIES_HERE = 5
COOL_OFF_HERE = timedelta(minutes=15)
TRIES_EVERYWHERE = 50
COOL_OFF_EVERYWHERE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Lockout:
    """`username` is '' for a name that nobody has; `address` is '' for every address that is new to the person."""

    id: int
    username: str
    address: str
    tries: int
    until: datetime


def most_tries(address: str) -> int:
    return TRIES_EVERYWHERE if address == EVERYWHERE else TRIES_HERE


def cool_off(address: str) -> timedelta:
    return COOL_OFF_EVERYWHERE if address == EVERYWHERE else COOL_OFF_HERE


def list_lockouts(*, actor: Actor, now: datetime) -> tuple[Lockout, ...]:
    """Those in force, newest first. Raises PermissionDenied unless the actor manages people everywhere."""
    require_people(actor)
    everywhere = Q(ip_address=EVERYWHERE)
    full = Q(everywhere, failures_since_start__gte=TRIES_EVERYWHERE, attempt_time__gt=now - COOL_OFF_EVERYWHERE) | Q(
        ~everywhere, failures_since_start__gte=TRIES_HERE, attempt_time__gt=now - COOL_OFF_HERE
    )
    rows = list(AccessAttempt.objects.filter(full).order_by("-attempt_time", "-pk")[:200])
    names = dict(Person.objects.filter(pk__in=[n for n in map(person_of, rows) if n]).values_list("pk", "username"))
    return tuple(
        Lockout(
            id=row.pk,
            username=names.get(person_of(row) or 0, ""),
            address="" if row.ip_address == EVERYWHERE else row.ip_address,
            tries=min(row.failures_since_start, most_tries(row.ip_address)),
            until=row.attempt_time + cool_off(row.ip_address),
        )
        for row in rows
    )


def person_of(row: AccessAttempt) -> int | None:
    return int(row.username.removeprefix(PERSON)) if row.username.startswith(PERSON) else None
