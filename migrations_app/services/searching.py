"""The search over everything, for doors: what it finds, and that entries of the audit trail were read where it did."""

from collections.abc import Iterable
from datetime import datetime

from migrations_app.selectors import search as reads
from migrations_app.selectors.search import PAGE, Found
from migrations_app.selectors.search_nouns import SearchHit
from migrations_app.services import audit_reading
from migrations_app.services.actor import Actor


def search(*, actor: Actor, now: datetime, q: str, cursor: str = "", limit: int = PAGE) -> Found:
    """`selectors.search.search`."""
    found = reads.search(actor=actor, q=q, cursor=cursor, limit=limit)
    _say(actor, now, found.hits)
    return found


def quick(*, actor: Actor, now: datetime, q: str, limit: int, each: int) -> tuple[SearchHit, ...]:
    """`selectors.search.quick`."""
    hits = reads.quick(actor=actor, q=q, limit=limit, each=each)
    _say(actor, now, hits)
    return hits


def _say(actor: Actor, now: datetime, hits: Iterable[SearchHit]) -> None:
    first = next((hit.id for hit in hits if hit.kind == "audit"), None)
    if first is not None:
        audit_reading.found(actor=actor, now=now, seq=first)
