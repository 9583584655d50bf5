"""Comparing both sides while callers go on: a difference counts when it outlives the carrying of what is marked."""

from collections.abc import Callable
from dataclasses import dataclass

from migrations_app.engine.errors import DataCorruption
from migrations_app.handlers.session.fingerprint import fingerprint, key_of
from migrations_app.handlers.session.node.following import Follower
from migrations_app.handlers.session.paging import pages

LOOKS = 5
SHOWN = 5


@dataclass(slots=True)
class Proof:
    """`repaired`: differences that no mark explained, and that were mended by carrying the session again."""

    compared: int = 0
    repaired: int = 0


def prove(follower: Follower, tick: Callable[[int], None]) -> Proof:
    """Every session of the origin, and every id of the replica. Raises DataCorruption for what stays different."""
    found, suspects = Proof(), list[str]()
    size = follower.ctx.options["batch_size"]
    for page in pages(follower.origin, "", size):
        suspects += follower.differing(record.id for record in page.records)
        found.compared += len(page.records)
        tick(found.compared)
    cursor, last = "", False
    while not last:
        held = follower.replica.scan_ids(cursor, size)
        suspects += [*follower.origin.missing(held.ids), *held.strange]
        tick(found.compared)
        cursor, last = held.cursor, held.last
    for look in range(LOOKS):
        follower.until_few()
        suspects = follower.differing(suspects)
        if not suspects:
            return found
        if look:
            follower.carry(suspects)
            found.repaired += len(suspects)
    raise differs(follower, suspects)


def differs(follower: Follower, ids: list[str]) -> DataCorruption:
    """Names keyed fingerprints only."""
    key = key_of(follower.ctx.extra)
    named = [fingerprint(name, key) for name in ids[:SHOWN]]
    more = "" if len(ids) <= SHOWN else f" and {len(ids) - SHOWN} more"
    return DataCorruption(
        f"{len(ids)} session(s) do not become equal on both sides ({', '.join(named)}{more}). Something else writes to "
        "one of them. The store that served goes on serving.",
        details={"fingerprints": named, "differing": len(ids)},
    )
