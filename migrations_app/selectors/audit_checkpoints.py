"""The checkpoints that seal the audit chain."""

from dataclasses import dataclass
from datetime import datetime

from migrations_app.models import AuditCheckpoint
from migrations_app.models.actor import Actor
from migrations_app.selectors.audit_chain import auditor
from migrations_app.selectors.paging import PAGE, Listing, cut


@dataclass(frozen=True, slots=True)
class SealedSegment:
    """Entries `first` to `last`. `body` (canonical JSON text) and `signature` (hex) verify with `public_key` (hex)."""

    number: int
    first: int
    last: int
    at: datetime
    public_key: str
    body: str
    signature: str


def checkpoint_page(*, actor: Actor, cursor: str = "", limit: int = PAGE) -> Listing[SealedSegment]:
    """Newest first. Raises PermissionDenied."""
    auditor(actor)
    found = cut(AuditCheckpoint.objects.all(), cursor=cursor, limit=limit)
    rows = (
        SealedSegment(row.number, row.first, row.last, row.at, row.public_key, row.body, row.signature)
        for row in found.rows
    )
    return Listing(tuple(rows), found.next_cursor, found.total)
