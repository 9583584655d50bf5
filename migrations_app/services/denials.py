"""What a door refuses before, or without, any service: it is written to the trail like a service's own refusals.

Services record theirs (`services/operation.py`). What is left are reads, requests that carry nothing that says who
asks, and what Django refuses by itself. A known person's refusal is an entry, and the same again within a minute (by
the same token, of the same path, for the same reason) is counted and told in one more when the minute is over: a
program that polls what it may not see is seen, and fills no trail. A stranger's are one a quarter of an hour for
each address, door and reason: anybody can knock.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import IntegrityError, transaction
from django.db.models import F

from migrations_app.engine.hiding import redact_text
from migrations_app.models import RepeatedDenial
from migrations_app.runtime.audit import instant
from migrations_app.services import audit
from migrations_app.services.actor import Actor
from migrations_app.services.audit_reading import is_due
from migrations_app.services.errors import NotFound, Refused

ONE_ENTRY_A = timedelta(minutes=1)
_MOST_ADDRESS = 200  # characters of a path that are kept
_MOST_TURNS = 5  # that a row is tried, which others may be counting in


class Door(StrEnum):
    """Where somebody was refused; the kind of the entry, too."""

    PAGE = "page.open"
    API = "api.call"
    SOCKET = "live.watch"
    ADMIN = "admin.open"


_ABOUT = {Door.PAGE: "page", Door.API: "api", Door.SOCKET: "run", Door.ADMIN: "admin"}


def record_refusal_at(door: Door, *, actor: Actor, now: datetime, what: str, refused: Refused) -> bool:
    """`what` is the path, without its query, or the run. Returns whether an entry was written.

    Nothing is written of what a service has written already, of mere absence, and of input that was wrong.
    """
    if refused.in_trail or not refused.recorded or (isinstance(refused, NotFound) and not refused.hidden):
        return False
    why = f"{refused.code}: {refused.message}"
    written = record_denial_at(door, actor=actor, now=now, what=what, why=why, environment=refused.environment)
    refused.in_trail = True
    return written


def record_denial_at(door: Door, *, actor: Actor, now: datetime, what: str, why: str, environment: str = "") -> bool:
    """The same for what is no `Refused`: a missing CSRF token, a token that nobody holds, a socket of another site.

    `environment` is the name of the place where the refused thing is, where that is known.
    """
    what = redact_text(what)[:_MOST_ADDRESS]
    # An object's id holds 40 characters, whatever the path.
    why = redact_text(f"{why} ({what})" if len(what) > 40 else why)
    stranger = actor.person_id is None and not actor.is_system
    if stranger and not is_due(["stranger", door.value, actor.address, why.partition(":")[0]], now):
        return False
    with transaction.atomic():  # what is counted from here on has its entry
        if not stranger and _counted(door, actor, now, what[:40], why, environment):
            return False
        _entry(door, actor, now, what[:40], why, environment)
    return True


def tell_repeated(*, now: datetime) -> int:
    """Write down what was counted, for each minute that is over. Returns how many entries that made."""
    over = RepeatedDenial.objects.filter(since__lte=now - ONE_ENTRY_A)
    return sum(_told(what, now) for what in list(over.values_list("what", flat=True)[:1000]))


def _counted(door: Door, actor: Actor, now: datetime, object_id: str, why: str, environment: str) -> bool:
    """Whether an entry of this minute says so already, and this one is counted beside it."""
    key = hashlib.sha256(
        json.dumps([actor.username, actor.token_id, actor.on_behalf_of, door.value, object_id, why]).encode()
    ).hexdigest()
    row = RepeatedDenial.objects.filter(what=key)
    for _ in range(_MOST_TURNS):
        if row.filter(since__gt=now - ONE_ENTRY_A).update(repeated=F("repeated") + 1, last_at=now):
            return True
        _told(key, now)
        try:
            with transaction.atomic():
                RepeatedDenial.objects.create(
                    what=key,
                    since=now,
                    last_at=now,
                    actor=actor.username,
                    on_behalf_of=actor.on_behalf_of,
                    token_number=actor.token_id,
                    address=actor.address,
                    request_id=actor.request_id,
                    door=door.value,
                    object_id=object_id,
                    environment=environment,
                    reason=why,
                )
        except IntegrityError:
            continue  # somebody was faster, and this one is counted in theirs
        return False
    return False


def _told(what: str, now: datetime) -> bool:
    """The count of a minute that is over becomes an entry, and the row goes. Of several at once, one does it."""
    with transaction.atomic():
        row = RepeatedDenial.objects.filter(what=what, since__lte=now - ONE_ENTRY_A).first()
        if row is None:
            return False
        # Others may have counted in it since it was read: then it stays, for the next turn.
        ours = RepeatedDenial.objects.filter(what=what, since=row.since, repeated=row.repeated).delete()[0] == 1
        if not ours or not row.repeated:
            return False
        actor = Actor(
            None,
            row.actor,
            address=row.address,
            request_id=row.request_id,
            token_id=row.token_number,
            on_behalf_of=row.on_behalf_of,
        )
        count = {"times_more": row.repeated, "since": instant(row.since), "until": instant(row.last_at)}
        _entry(Door(row.door), actor, now, row.object_id, row.reason, row.environment, count)
        return True


def _entry(
    door: Door,
    actor: Actor,
    now: datetime,
    object_id: str,
    why: str,
    environment: str,
    count: Mapping[str, object] | None = None,
) -> None:
    audit.record(
        actor=actor,
        now=now,
        action=door.value,
        object_type=_ABOUT[door],
        object_id=object_id,
        environment=environment,
        outcome="denied",
        reason=why,
        after=count,
    )
