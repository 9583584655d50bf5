"""What a door refuses before, or without, any service: it is written to the trail like a service's own refusals.

Services record theirs (`services/operation.py`). What is left are reads, requests that carry nothing that says who
asks, and what Django refuses by itself. A known person's refusals are one entry each. A stranger's are one a
quarter of an hour for each address, door and reason: anybody can knock, and the trail is not theirs to fill.
"""

from datetime import datetime
from enum import StrEnum

from django.db import transaction

from migrations_app.engine.hiding import redact_text
from migrations_app.services import audit
from migrations_app.services.actor import Actor
from migrations_app.services.audit_reading import is_due
from migrations_app.services.errors import NotFound, Refused

_MOST_ADDRESS = 200  # characters of a path that are kept


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
    written = record_denial_at(door, actor=actor, now=now, what=what, why=f"{refused.code}: {refused.message}")
    refused.in_trail = True
    return written


def record_denial_at(door: Door, *, actor: Actor, now: datetime, what: str, why: str) -> bool:
    """The same for what is no `Refused`: a missing CSRF token, a token that nobody holds, a socket of another site."""
    stranger = actor.person_id is None and not actor.is_system
    if stranger and not is_due(["stranger", door.value, actor.address, why.partition(":")[0]], now):
        return False
    what = redact_text(what)[:_MOST_ADDRESS]
    # An object's id holds 40 characters, whatever the path.
    with transaction.atomic():
        audit.record(
            actor=actor,
            now=now,
            action=door.value,
            object_type=_ABOUT[door],
            object_id=what[:40],
            outcome="denied",
            reason=f"{why} ({what})" if len(what) > 40 else why,
        )
    return True
