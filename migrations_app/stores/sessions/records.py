"""The canonical session (DESIGN section 4) and its digest."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

import rfc8785

from migrations_app.beam.terms import canonical as canonical_term

_quote = json.encoder.encode_basestring_ascii


class Codec(StrEnum):
    """How a value's bytes are to be read. Opaque bytes are never looked into; nothing is ever unpickled."""

    OPAQUE = "opaque"
    JSON = "json"
    MSGPACK = "msgpack"
    ETF = "etf"  # Erlang's external term format


class Version(NamedTuple):
    """(epoch, seq); compared as a tuple. `(0, 0)` is a record that no versioned writer has touched."""

    epoch: int
    seq: int


UNVERSIONED = Version(0, 0)


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """One session. Times are milliseconds since the Unix epoch, UTC.

    `expires_at_ms` is the absolute deadline (None: never); `ttl_ms` the sliding length (None: fixed deadline);
    `extra` is kept verbatim (JSON-ready; bytes as they are in hash fields are base64 text under their name).
    """

    id: str
    value: bytes
    codec: Codec = Codec.OPAQUE
    created_at_ms: int | None = None
    last_accessed_at_ms: int | None = None
    ttl_ms: int | None = None
    expires_at_ms: int | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    version: Version = UNVERSIONED

    def canonical_value(self) -> bytes:
        """Bytes that are equal whenever two stores hold the same value in meaning (JSON: in RFC 8785 form).

        Integers beyond 2^53 and lone surrogates have no RFC 8785 form; such a value is compared as sorted JSON
        with its numbers as they are.
        """
        if self.codec is Codec.ETF:
            return canonical_term(self.value)
        if self.codec is not Codec.JSON:
            return self.value
        parsed = json.loads(self.value)
        try:
            return rfc8785.dumps(parsed)
        except (rfc8785.CanonicalizationError, UnicodeEncodeError):
            return json.dumps(parsed, sort_keys=True, separators=(",", ":")).encode()

    def content_hash(self) -> bytes:
        """SHA-256 (32 bytes) over id, codec, canonical value, ttl and extra: everything but deadlines and version.

        Deadlines are compared apart, with a tolerance. Access times are not compared: reading moves them.
        """
        if self.extra:
            described = [self.id, str(self.codec), self.ttl_ms, self.created_at_ms, dict(self.extra)]
            head = json.dumps(described, sort_keys=True).encode()
        else:  # the same bytes by a shorter way: most sessions have no extra data
            ttl = "null" if self.ttl_ms is None else self.ttl_ms
            created = "null" if self.created_at_ms is None else self.created_at_ms
            head = f'[{_quote(self.id)}, "{self.codec.value}", {ttl}, {created}, {{}}]'.encode()
        return hashlib.sha256(len(head).to_bytes(4, "big") + head + self.canonical_value()).digest()
