"""What a route record means for one operation: which store, by which epoch, and whether a write may begin."""

from collections.abc import Sequence
from typing import NamedTuple

from migrations_app.engine.ports import BUCKETS, BucketRange, RouteRecord
from migrations_app.routing.phases import PHASES
from migrations_app.stores.routed.base import Guard


class Way(NamedTuple):
    """`guard` None: plain. `waits`: writes wait for a newer record; reads go on."""

    authority: str
    guard: Guard | None
    waits: bool


def way_of(part: BucketRange, *, fenced: bool) -> Way:
    """Without fences (the standard mode) every operation is plain."""
    rule = PHASES[part.phase]
    guard = Guard(part.epoch, rule.journaled) if fenced and rule.fenced else None
    return Way(part.authority, guard, not rule.may_write)


def ways_of(record: RouteRecord) -> Sequence[Way]:
    """The way of each bucket, 0 to 255."""
    ways: list[Way] = []
    for part in record.ranges:
        ways += [way_of(part, fenced=record.fenced)] * (part.last - part.first + 1)
    if len(ways) != BUCKETS:
        raise ValueError(f"the bucket ranges of a route must cover 0 to {BUCKETS - 1}")
    return ways
