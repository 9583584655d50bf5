"""Bringing everything that is sealed under the first of `SNAKEWEB_SECRET_KEYS`, a few rows at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from migrations_app.runtime.sealed_places import PLACES, Place
from migrations_app.runtime.secrets import SecretUnreadable, key_id, keys
from migrations_app.services import audit
from migrations_app.services.actor import Actor
from migrations_app.services.operation import operation

AT_ONCE = 100  # rows of one transaction and one audit entry


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of one place that were looked at together: how many were `moved`, and which no listed key opens."""

    place: str
    last_id: int
    seen: int
    moved: int
    unreadable: tuple[str, ...]


def rotate(*, actor: Actor, now: datetime) -> Iterator[Batch]:
    """Do it, batch by batch; what was yielded is committed. Killed anywhere, nothing is lost, and it goes on when it is
    called again; two at once move each row once. What no listed key opens stays as it is and is named."""
    for place in PLACES:
        after = 0
        while True:
            batch = _rewrap(actor=actor, now=now, place=place, after=after)
            if not batch.seen:
                break
            after = batch.last_id
            yield batch


@operation("secrets.rotate", about="secrets", in_maintenance=True)
def _rewrap(*, actor: Actor, now: datetime, place: Place, after: int) -> Batch:
    rows = list(place.rows().select_for_update(of=("self",)).filter(pk__gt=after).order_by("pk")[:AT_ONCE])
    moved, unreadable = 0, []
    for row in rows:
        try:
            moved += place.rewrap(row)
        except SecretUnreadable as error:
            unreadable.append(f"{place.label(row)} ({error.message})")
    if moved:
        _record(actor, now, place, rows, moved, unreadable)
    return Batch(place.name, rows[-1].pk if rows else after, len(rows), moved, tuple(unreadable))


def _record(actor: Actor, now: datetime, place: Place, rows: list[Any], moved: int, unreadable: list[str]) -> None:
    audit.record(
        actor=actor,
        now=now,
        action="secrets.rotate",
        object_type="secrets",
        object_id=place.name.replace(" ", "_"),
        after={
            "moved": moved,
            "key": key_id(keys()[0]),
            "first": rows[0].pk,
            "last": rows[-1].pk,
            "unreadable": len(unreadable),
        },
    )
