"""Records as rows of PostgreSQL's binary COPY format, made with as few steps a record as Python allows.

A row is key, value and deadline, which differ in every record, and the rest, which most records of a batch share
(codec, version, no times but the deadline, no extra data): its bytes are made once and remembered.
"""

import struct
from collections.abc import Sequence
from operator import attrgetter

from migrations_app.engine.errors import Problem, ValidationFailed
from migrations_app.stores.sessions.postgres.columns import Column, encoder
from migrations_app.stores.sessions.records import SessionRecord, Version

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"
NULL = b"\xff\xff\xff\xff"
APART = ("key", "value", "expires_at")
REMEMBERED = 1000
_length = struct.Struct("!i").pack
_start = struct.Struct("!hi").pack
_shared = attrgetter("codec", "created_at_ms", "last_accessed_at_ms", "ttl_ms", "version")


class Rows:
    """Writes rows of these columns; `columns` is their order, to be named in the COPY statement."""

    def __init__(self, columns: Sequence[Column]) -> None:
        by_part = {column.part: column for column in columns}
        self.columns = [by_part[part] for part in APART if part in by_part]
        self._rest = [column for column in columns if column.part not in APART]
        self.columns += self._rest
        self._encode_key = encoder(by_part["key"])
        self._encoders = [encoder(column) for column in self.columns[1 : -len(self._rest) or None]]
        self._encode_rest = [(column.part, encoder(column)) for column in self._rest]
        self._remembered: dict[object, bytes] = {}

    def encode(self, records: Sequence[SessionRecord], version: Version | None = None) -> bytes:
        """The whole COPY payload. With `version`, instead of the records' own.

        Raises ValidationFailed when a number does not fit its column.
        """
        try:
            return self._encode(records, version)
        except struct.error:
            problem = Problem("config.columns", "A number is beyond what its column can hold.", "Use bigint columns.")
            raise ValidationFailed("A session cannot be written; none of its batch was.", problems=[problem]) from None

    def _encode(self, records: Sequence[SessionRecord], version: Version | None) -> bytes:
        parts = [HEADER]
        add, remembered = parts.append, self._remembered
        count, encode_key, encoders = len(self.columns), self._encode_key, self._encoders
        for record in records:
            key = encode_key(record) or b""
            add(_start(count, len(key)))
            add(key)
            for encode in encoders:
                content = encode(record)
                if content is None:
                    add(NULL)
                else:
                    add(_length(len(content)))
                    add(content)
            if record.extra:
                add(self._make_rest(record, version))
                continue
            shared = (version, _shared(record))
            rest = remembered.get(shared)
            if rest is None:
                rest = self._make_rest(record, version)
                if len(remembered) >= REMEMBERED:
                    remembered.clear()
                remembered[shared] = rest
            add(rest)
        add(TRAILER)
        return b"".join(parts)

    def _make_rest(self, record: SessionRecord, version: Version | None) -> bytes:
        parts = []
        for part, encode in self._encode_rest:
            if version is not None and part in ("ver_epoch", "ver_seq"):
                content: bytes | None = struct.pack("!q", version.epoch if part == "ver_epoch" else version.seq)
            else:
                content = encode(record)
            parts.append(NULL if content is None else _length(len(content)) + content)
        return b"".join(parts)
