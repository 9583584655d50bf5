"""How a session lies in Redis: as a string, or as a hash with the value in one field; and beside it its metadata."""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from typing import Any

from migrations_app.stores.sessions.codecs import problem_with
from migrations_app.stores.sessions.configuration import StoreConfig
from migrations_app.stores.sessions.records import UNVERSIONED, Codec, SessionRecord, Version
from migrations_app.stores.sessions.redis.meta import (
    ACCESSED,
    CODEC,
    CREATED,
    EPOCH,
    EXTRA,
    NONE,
    SEQ,
    TTL,
    UNDESCRIBED,
    unpack,
)

_TIMES = {"created": CREATED, "accessed": ACCESSED, "ttl": TTL}
_NOT_DESCRIBED = [b"", NONE, NONE, NONE, b""]
NO_EXTRA: Mapping[str, Any] = {}
MAX_EXACT = 2**53


class Unreadable(Exception):
    """The key's content is no session of this layout; the text says why, without the content."""


class RedisLayout:
    """Turns a key's content and metadata into a record and back."""

    def __init__(self, config: StoreConfig) -> None:
        self.kind: str = config["layout"]
        self.prefix: bytes = config["prefix"].encode()
        self.codec = config.codec
        self._value_field = config["value_field"].encode()
        self._fields = {part: config[f"{part}_field"].encode() for part in _TIMES if config[f"{part}_field"]}
        self._scale = 1000 if config["time_unit"] == "s" else 1

    @property
    def pattern(self) -> bytes:
        """MATCH pattern of the session keys; what is special in a pattern is escaped."""
        special = b"\\*?["
        return b"".join(b"\\" + bytes([c]) if c in special else bytes([c]) for c in self.prefix) + b"*"

    def key(self, session_id: str) -> bytes:
        return self.prefix + session_id.encode()

    def session_id(self, key: bytes) -> str:
        """Raises Unreadable when the id is not UTF-8 or empty."""
        try:
            session_id = key[len(self.prefix) :].decode()
        except UnicodeDecodeError:
            raise Unreadable("the key is not UTF-8") from None
        if not session_id:
            raise Unreadable("the key is the prefix alone")
        return session_id

    @property
    def sliding_field(self) -> tuple[bytes, int]:
        """The hash field of the sliding length (b"": it lies beside the session) and the ms of its unit."""
        return (self._fields.get("ttl", b"") if self.kind == "hash" else b""), self._scale

    @property
    def is_plain(self) -> bool:
        """True for strings of opaque bytes, of which nothing but the deadline may be known."""
        return self.kind == "string" and self.codec is Codec.OPAQUE

    def record(self, session_id: str, content: Any, deadline: int, meta: bytes | None) -> SessionRecord:
        """`content`: bytes, or the flat list of a hash; `meta`: packed. Raises Unreadable, also for a wrong codec."""
        described = unpack(meta) if meta else None
        version = Version(described[EPOCH], described[SEQ]) if described else UNVERSIONED
        record = self.compose(session_id, content, deadline, described, version)
        if problem := problem_with(record.codec, record.value):
            raise Unreadable(problem)
        return record

    def compose(
        self, session_id: str, content: Any, deadline: int, described: Sequence[Any] | None, version: Version
    ) -> SessionRecord:
        """The record of that version, whether its value fits the codec or not. Raises Unreadable."""
        expires = deadline if deadline >= 0 else None
        if self.kind == "string":
            if described is None or described[CODEC : EXTRA + 1] == _NOT_DESCRIBED:
                return SessionRecord(session_id, content, self.codec, None, None, None, expires, NO_EXTRA, version)
            value, times, extra = content, dict[str, int | None](), dict[str, Any]()
        else:
            value, times, extra = self._from_hash(content)
        beside = described or UNDESCRIBED
        for part, place in _TIMES.items():
            if part not in self._fields:
                times[part] = beside[place] if beside[place] >= 0 else None
        if beside[EXTRA]:
            extra |= json.loads(beside[EXTRA])
        return SessionRecord(
            id=session_id,
            value=value,
            codec=Codec(beside[CODEC].decode()) if beside[CODEC] else self.codec,
            created_at_ms=times["created"],
            last_accessed_at_ms=times["accessed"],
            ttl_ms=times["ttl"],
            expires_at_ms=expires,
            extra=extra,
            version=version,
        )

    def _from_hash(self, content: Sequence[bytes]) -> tuple[bytes, dict[str, int | None], dict[str, Any]]:
        fields = dict(zip(content[::2], content[1::2], strict=True))
        if self._value_field not in fields:
            raise Unreadable(f"the hash has no field “{self._value_field.decode()}”")
        value = fields.pop(self._value_field)
        times = {part: self._time(fields.pop(name, None), name) for part, name in self._fields.items()}
        try:
            extra = {name.decode(): base64.b64encode(content).decode() for name, content in fields.items()}
        except UnicodeDecodeError:
            raise Unreadable("a field's name is not UTF-8") from None
        return value, times, extra

    def _time(self, text: bytes | None, name: bytes) -> int | None:
        if text is None or text == b"":
            return None
        try:
            return round(float(text) * self._scale) if b"." in text else int(text) * self._scale
        except ValueError:
            raise Unreadable(f"the field “{name.decode()}” is not a number") from None

    def why_unrepresentable(self, record: SessionRecord) -> str:
        if not record.id:
            return "the id is empty"
        if self.kind == "hash" and self._taken & set(record.extra):
            return "its extra data uses the name of a hash field that means something else"
        if self._scale != 1 and any(
            time is not None and time % self._scale
            for part, time in self._record_times(record).items()
            if part in self._fields
        ):
            return "a time is finer than the seconds that the hash field holds"
        return "its version is beyond 2^53" if max(record.version) >= MAX_EXACT else ""

    @property
    def _taken(self) -> set[str]:
        return {name.decode() for name in (self._value_field, *self._fields.values())}

    @staticmethod
    def _record_times(record: SessionRecord) -> dict[str, int | None]:
        return {"created": record.created_at_ms, "accessed": record.last_accessed_at_ms, "ttl": record.ttl_ms}

    def content(self, record: SessionRecord, version: Version) -> tuple[Any, tuple[Any, ...]]:
        """What to write at the key (bytes, or a flat list), and the first seven parts of its metadata (`meta`)."""
        times = {part: time for part, time in self._record_times(record).items() if time is not None}
        if self.kind == "string":
            value: Any = record.value
            beside: Mapping[str, Any] = record.extra
        else:
            fields, beside = _split_extra(record.extra)
            value = [self._value_field, record.value]
            for part, name in self._fields.items():
                if part in times:
                    value += [name, str(times.pop(part) // self._scale)]
            for name_text, content in fields.items():
                value += [name_text.encode(), content]
        codec = "" if record.codec is self.codec else record.codec.value
        extra = json.dumps(dict(beside)) if beside else ""
        return value, (*version, codec, *(times.get(part, NONE) for part in _TIMES), extra)


def _split_extra(extra: Mapping[str, Any]) -> tuple[dict[str, bytes], dict[str, Any]]:
    """Extra data that is base64 text goes back into hash fields, the rest into the metadata."""
    fields: dict[str, bytes] = {}
    beside: dict[str, Any] = {}
    for name, value in extra.items():
        content = _base64_content(value)
        if content is None or not name:
            beside[name] = value
        else:
            fields[name] = content
    return fields, beside


def _base64_content(value: Any) -> bytes | None:
    if not isinstance(value, str):
        return None
    try:
        content = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return None
    return content if base64.b64encode(content).decode() == value else None
