"""Sessions as lines of JSON (NDJSON): the format of backups and of the snapshot store.

Encryption is the business of who opens the stream.
"""

import base64
import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from migrations_app.engine.errors import ValidationFailed
from migrations_app.stores.sessions.records import Codec, SessionRecord, Version

SNAPSHOT_FORMAT = 1


def write_record(stream: BinaryIO, record: SessionRecord) -> int:
    """Append one line; returns its length in bytes."""
    line = (
        json.dumps(
            {
                "format": SNAPSHOT_FORMAT,
                "id": record.id,
                "value": base64.b64encode(record.value).decode(),
                "codec": str(record.codec),
                "created_at_ms": record.created_at_ms,
                "last_accessed_at_ms": record.last_accessed_at_ms,
                "ttl_ms": record.ttl_ms,
                "expires_at_ms": record.expires_at_ms,
                "extra": dict(record.extra),
                "version": list(record.version),
            },
            separators=(",", ":"),
        ).encode()
        + b"\n"
    )
    stream.write(line)
    return len(line)


def read_records(stream: BinaryIO) -> Iterator[SessionRecord]:
    """Every record of the stream. Raises ValidationFailed naming the line that is torn or of a newer format."""
    for number, line in enumerate(stream, start=1):
        yield read_record(line, number)


def read_record(line: bytes, number: int) -> SessionRecord:
    """The record of one line. Raises ValidationFailed naming its `number` when it is torn or of a newer format."""
    try:
        return _record(json.loads(line))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValidationFailed(
            f"Line {number} of the snapshot is not a session record; reading stopped there.",
            details={"line": number, "reason": type(error).__name__},
        ) from None


def _record(entry: dict[str, Any]) -> SessionRecord:
    if entry["format"] != SNAPSHOT_FORMAT:
        raise ValueError("another format")
    entry["id"].encode()  # what is no text in UTF-8 is no id
    epoch, seq = entry["version"]
    return SessionRecord(
        id=str(entry["id"]),
        value=base64.b64decode(entry["value"], validate=True),
        codec=Codec(entry["codec"]),
        created_at_ms=_time(entry["created_at_ms"]),
        last_accessed_at_ms=_time(entry["last_accessed_at_ms"]),
        ttl_ms=_time(entry["ttl_ms"]),
        expires_at_ms=_time(entry["expires_at_ms"]),
        extra=entry["extra"],
        version=Version(int(epoch), int(seq)),
    )


def _time(value: Any) -> int | None:
    if value is not None and type(value) is not int:
        raise TypeError("no whole number of milliseconds")
    return value
