"""What a route record means for one operation: which store, by which epoch, and whether a write may begin."""

from collections.abc import Container, Sequence
from functools import cache
from typing import NamedTuple

from migrations_app.engine.ports import BUCKETS, BucketRange, RouteRecord
from migrations_app.engine.vocabulary import RoutePhase
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
        place = _place(record, part.authority, places)
        ways += [way_of(part, fenced=record.fenced)._replace(place=place)] * (part.last - part.first + 1)
    if len(ways) != BUCKETS:
        raise ValueError(f"the bucket ranges of a route must cover 0 to {BUCKETS - 1}")
    return ways


def missing_stores(record: RouteRecord, places: Container[str]) -> list[str]:
    """The stores of this record that are not configured, though a client needs them now or in what may follow."""
    sides = {part.authority for part in record.ranges}
    for part in record.ranges:
        sides |= _authorities_ahead(part.phase, record.fenced) & record.stores.keys()
    needed = {_place(record, side, places) for side in sides}
    return sorted(place for place in needed if place not in places)


def _place(record: RouteRecord, side: str, places: Container[str]) -> str:
    """What a side's store is configured as; the name of its target when it is not."""
    named = record.stores.get(side, side)
    return side if side in places and named not in places else named


@cache
def _authorities_ahead(phase: RoutePhase, fenced: bool) -> frozenset[str]:
    """Who may serve until this migration has ended: after its last reversible step the old store may be forgotten."""
    ahead, found = {phase}, set[RoutePhase]()
    while ahead:
        found |= ahead
        rules = [PHASES[each] for each in ahead]
        ahead = set[RoutePhase]().union(*(rule.successors if fenced else rule.standard for rule in rules)) - found
    return frozenset(PHASES[each].authority for each in found)
