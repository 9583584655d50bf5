"""What a write puts at a session's key and beside it, and the checksum by which a write without a guard is found."""

import hashlib
from collections.abc import Sequence
from typing import Any

from migrations_app.stores.sessions.records import UNVERSIONED, SessionRecord
from migrations_app.stores.sessions.redis.layout import RedisLayout
from migrations_app.stores.sessions.redis.meta import UNDESCRIBED, UNROUTED, pack

MARK_OF_THE_SERVER = b"~"  # before a checksum that a script made: from SHA-1, as scripts have no other


def head_of(described: Sequence[Any]) -> bytes:
    """The first seven parts of the metadata, packed as the beginning of the whole array."""
    size = len(UNDESCRIBED) + len(UNROUTED)
    return bytes([0x90 + size]) + pack(described)[1:]


NOT_DESCRIBED = head_of(UNDESCRIBED)


def contents(layout: RedisLayout, session: SessionRecord) -> tuple[Any, bytes]:
    """What lies at the key (bytes, or the flat list of a hash), and the head of its metadata."""
    if (
        layout.kind == "string"
        and session.codec is layout.codec
        and session.created_at_ms is None
        and session.last_accessed_at_ms is None
        and session.ttl_ms is None
        and not session.extra
    ):
        return session.value, NOT_DESCRIBED  # what most sessions are, by the shortest way
    content, described = layout.content(session, UNVERSIONED)
    return content, head_of(described)


def checksum(content: Any) -> bytes:
    """The first 8 bytes, in hex, of the SHA-256 of a string, or of a hash's sorted fields, each as `<length>:<it>`."""
    if isinstance(content, bytes):
        return hashlib.sha256(content).hexdigest()[:16].encode()
    fields = sorted(_fields(content))
    whole = b"".join([b"%d:%b" % (len(part), part) for pair in fields for part in pair])
    return hashlib.sha256(whole).hexdigest()[:16].encode()


def fits(content: Any, noted: bytes) -> bool:
    """Whether a content is the one that a checksum was made of."""
    if noted.startswith(MARK_OF_THE_SERVER):
        return _servers_checksum(content) == noted
    return checksum(content) == noted


def _servers_checksum(content: Any) -> bytes:
    if isinstance(content, bytes):
        return MARK_OF_THE_SERVER + _sha1(content)[:16]
    sums = sorted(_sha1(b"%d:%b%b" % (len(name), name, value)) for name, value in _fields(content))
    return MARK_OF_THE_SERVER + _sha1(b"".join(sums))[:16]


def _sha1(content: bytes) -> bytes:
    return hashlib.sha1(content, usedforsecurity=False).hexdigest().encode()


def _fields(flat: Sequence[bytes | str]) -> list[tuple[bytes, bytes]]:
    parts = [part.encode() if isinstance(part, str) else part for part in flat]
    return list(zip(parts[::2], parts[1::2], strict=True))
