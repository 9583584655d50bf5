"""The digest of rows where the database itself has no words for it: the same sum as `postgres/reading.py` makes."""

import hashlib
from collections.abc import Iterable, Sequence

from migrations_app.stores.tables.base import ChunkDigest

MODULUS = 2**128


def row_text(texts: Iterable[str | None]) -> bytes:
    """One text that no other row has: each column's length in bytes and canonical text, or `-` for null."""
    parts = []
    for text in texts:
        if text is None:
            parts.append(b"-")
        else:
            encoded = text.encode()
            parts.append(b"%d:%s" % (len(encoded), encoded))
    return b"".join(parts)


def row_digest(texts: Iterable[str | None]) -> str:
    return hashlib.md5(row_text(texts), usedforsecurity=False).hexdigest()


def digest_of(rows: Iterable[Sequence[str | None]]) -> ChunkDigest:
    count = total = 0
    for count, texts in enumerate(rows, 1):  # noqa: B007 - the last one is the count
        total += int.from_bytes(hashlib.md5(row_text(texts), usedforsecurity=False).digest(), "big")
    return ChunkDigest(count, f"{total % MODULUS:032x}")
