"""Handing out the audit trail, or a part of it, so that it proves itself elsewhere."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from migrations_app.models import AuditEntry
from migrations_app.proofs import export
from migrations_app.runtime import sealing
from migrations_app.runtime.audit import instant
from migrations_app.selectors.audit_chain import auditor
from migrations_app.selectors.audit_filters import AuditFilters, matching_entries
from migrations_app.selectors.audit_formats import ExportFormat, rendered
from migrations_app.services import audit
from migrations_app.services.actor import Actor
from migrations_app.services.audit_reading import said as said_of
from migrations_app.services.operation import operation

_AT_ONCE = 1000  # rows


@operation("audit.export", about="audit", in_maintenance=True)
def export_audit(*, actor: Actor, now: datetime, filters: AuditFilters, format: ExportFormat) -> Iterator[bytes]:  # noqa: A002
    """The entries that match, in the order of the chain, a line at a time. That it was asked for is an entry.

    As JSON lines each entry comes with what proves it (`proofs/export.py`). Who may audit some environments only gets
    the entries of those. Raises PermissionDenied.
    """
    entries = matching_entries(auditor(actor), filters).order_by("seq")
    said = said_of(filters)
    audit.record(
        actor=actor,
        now=now,
        action="audit.export",
        object_type="audit",
        object_id="chain",
        after={"format": format.value, **said},
    )
    rows = entries.values_list("seq", "hash", "previous", "body").iterator(chunk_size=_AT_ONCE)
    return lines_of(rows, format=format, at=now, by=actor.username, filters=said)


def part(*, first: int, last: int, at: datetime, by: str) -> Iterator[bytes]:
    """Entries `first` to `last` with their proofs, for keeping them elsewhere before they are removed."""
    entries = AuditEntry.objects.filter(seq__gte=first, seq__lte=last).order_by("seq")
    rows = entries.values_list("seq", "hash", "previous", "body").iterator(chunk_size=_AT_ONCE)
    return lines_of(rows, format=ExportFormat.JSONL, at=at, by=by, filters={})


def lines_of(
    rows: Iterable[tuple[int, str, str, bytes | memoryview]],
    *,
    format: ExportFormat,  # noqa: A002
    at: datetime,
    by: str,
    filters: Mapping[str, str | int],
) -> Iterator[bytes]:
    """`rows` are seq, hash, previous and body of entries, in the order of the chain."""
    if format is not ExportFormat.JSONL:
        return rendered(((digest, bytes(body)) for _, digest, _, body in rows), format)
    proven = sealing.with_proofs((seq, digest, previous, bytes(body)) for seq, digest, previous, body in rows)
    return export.lines(proven, signer=sealing.signer(), at=instant(at), by=by, filters=filters)
