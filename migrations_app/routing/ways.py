"""What a route record means for one operation: which store, by which epoch, and whether a write may begin."""

from collections.abc import Container, Sequence
from typing import NamedTuple

from migrations_app.engine.ports import BUCKETS, BucketRange, RouteRecord
from migrations_app.routing.phases import PHASES
from migrations_app.stores.routed.base import Guard


class Way(NamedTuple):
    """`guard` None: plain. `waits`: writes wait for a newer record; reads go on. `place`: the configured store."""

    authority: str
    guard: Guard | None
    waits: bool
    place: str = ""


def way_of(part: BucketRange, *, fenced: bool) -> Way:
    """Without fences (the standard mode) every operation is plain."""
    rule = PHASES[part.phase]
    guard = Guard(part.epoch, rule.journaled) if fenced and rule.fenced else None
    return Way(part.authority, guard, not rule.may_write)


def ways_of(record: RouteRecord, places: Container[str] = ()) -> Sequence[Way]:
    """The way of each bucket, 0 to 255.

    A configuration names its stores by target or by side. By target is what survives several migrations: the next one
    begins with the store that serves by then as its side a.
    """
    ways: list[Way] = []
    for part in record.ranges:
        named = record.stores.get(part.authority, "")
        place = named if named in places else part.authority
        ways += [way_of(part, fenced=record.fenced)._replace(place=place)] * (part.last - part.first + 1)
    if len(ways) != BUCKETS:
        raise ValueError(f"the bucket ranges of a route must cover 0 to {BUCKETS - 1}")
    return ways
