"""Sealing the audit chain: every 1,000 entries, or what is five minutes old, becomes a signed checkpoint.

The key is derived from `SNAKEWEB_SECRET_KEYS`: who can write to the database but has not that key cannot seal again
what was changed. An entry is looked at before it is sealed; a damaged chain is not sealed any further.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.db.models.functions import Coalesce

from migrations_app.models import AuditCheckpoint, AuditEntry
from migrations_app.proofs.checkpoint import NOTHING_BEFORE, Checkpoint, SignedCheckpoint, from_document, signed
from migrations_app.proofs.export import Entry
from migrations_app.proofs.keys import PublicKeys, Signer
from migrations_app.proofs.merkle import Tree
from migrations_app.runtime import audit_rows, secrets
from migrations_app.runtime.audit import GENESIS, instant
from migrations_app.runtime.audit_rows import Row, Unreadable, content_of, is_whole, shown_otherwise

SEGMENT = 1000  # entries
OLDEST = timedelta(minutes=5)  # that an entry stays unsealed, as long as somebody asks
_PURPOSE = "audit checkpoints"


class ChainDamaged(RuntimeError):
    """The entries that were to be sealed are not what was written; nothing was sealed."""


def signer() -> Signer:
    return signer_of(secrets.keys()[0])


def signer_of(secret_key: str) -> Signer:
    return Signer(secrets.derive(secret_key, _PURPOSE))


def trusted_keys() -> PublicKeys:
    """Those of every listed secret key: the first signs, the others have signed before it. And those of secret keys
    that were taken off the list, as SNAKEWEB_AUDIT_PUBLIC_KEYS names them."""
    secret_keys = secrets.keys()
    listed = [signer_of(key).public for key in secret_keys]
    return PublicKeys([*listed, *map(bytes.fromhex, settings.SNAKEWEB_AUDIT_PUBLIC_KEYS)])


def checkpoints(numbers: Iterable[int] | None = None, *, since: int = 0) -> list[SignedCheckpoint]:
    """In their order; `since`: from the newest one on that ends at or before this entry. Raises CheckpointDamaged for
    a row that is none."""
    rows = AuditCheckpoint.objects.order_by("number")
    if since:
        rows = rows.filter(last__gte=rows.filter(last__lte=since).aggregate(last=Coalesce(Max("last"), 0))["last"])
    if numbers is not None:
        rows = rows.filter(number__in=list(numbers))
    return [_signed(row) for row in rows]


def seal_due(now: datetime) -> list[SignedCheckpoint]:
    """Seal what is due; two callers at once seal it once. Raises ChainDamaged."""
    made: list[SignedCheckpoint] = []
    while (one := _seal_next(now)) is not None:
        made.append(one)
    return made


def _seal_next(now: datetime) -> SignedCheckpoint | None:
    newest = AuditCheckpoint.objects.order_by("-number").first()
    before = _signed(newest).checkpoint if newest else None
    rows = _rows(before.last if before else 0)
    if not rows or (len(rows) < SEGMENT and rows[0].at > instant(now - OLDEST)):
        return None
    _look_at(rows, seq=before.last + 1 if before else 1, previous=before.head if before else GENESIS)
    key = signer()
    sealed = signed(
        Checkpoint(
            number=before.number + 1 if before else 1,
            first=rows[0].seq,
            last=rows[-1].seq,
            root=Tree([row.hash for row in rows]).root,
            head=rows[-1].hash,
            previous=before.digest if before else NOTHING_BEFORE,
            at=instant(now),
            key=key.key,
        ),
        key,
    )
    return sealed if _kept(sealed, now, key.public) else None


def _rows(above: int) -> list[Row]:
    try:
        return list(audit_rows.rows(above=above, most=SEGMENT))
    except Unreadable as unreadable:
        raise _damaged(unreadable.seq) from unreadable


def _look_at(rows: Sequence[Row], *, seq: int, previous: str) -> None:
    for row in rows:
        content = content_of(row.body) if is_whole(row) else None
        named = content is not None and (content["seq"], content["previous"]) == (row.seq, row.previous)
        if row.seq != seq or row.previous != previous or content is None or not named or shown_otherwise(row, content):
            raise _damaged(seq)
        seq, previous = seq + 1, row.hash


def _damaged(seq: int) -> ChainDamaged:
    return ChainDamaged(f"entry {seq} is not as it was written; the chain is not sealed from there on")


def _kept(sealed: SignedCheckpoint, now: datetime, public: bytes) -> bool:
    """False when another process was first."""
    one = sealed.checkpoint
    document = sealed.document()
    try:
        with transaction.atomic():
            AuditCheckpoint.objects.create(
                number=one.number, first=one.first, last=one.last, public_key=public.hex(), at=now, **document
            )
    except IntegrityError:
        return False
    return True


def _signed(row: AuditCheckpoint) -> SignedCheckpoint:
    return from_document({"body": row.body, "signature": row.signature})


def with_proofs(rows: Iterable[tuple[int, str, str, bytes]]) -> Iterator[Entry]:
    """Entries (seq, hash, previous, body) in their order, each with what proves it. One segment is held at a time."""
    segment: tuple[SignedCheckpoint, Tree] | None = None
    known_through, at_the_tail = 0, False
    for seq, digest, previous, body in rows:
        if seq > known_through and not at_the_tail:
            segment = _segment_of(seq)
            known_through, at_the_tail = (segment[0].checkpoint.last, False) if segment else (seq, True)
        text = bytes(body).decode()
        if segment is None:
            yield Entry(seq, digest, previous, text)
        else:
            sealed, tree = segment
            yield Entry(seq, digest, previous, text, sealed, tree.path(seq - sealed.checkpoint.first))


def _segment_of(seq: int) -> tuple[SignedCheckpoint, Tree] | None:
    row = AuditCheckpoint.objects.filter(first__lte=seq, last__gte=seq).first()
    if row is None:
        return None
    hashes = AuditEntry.objects.filter(seq__gte=row.first, seq__lte=row.last).order_by("seq")
    return _signed(row), Tree(list(hashes.values_list("hash", flat=True)))
