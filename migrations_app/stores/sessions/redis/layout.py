"""How a session lies in Redis: as a string, or as a hash with the value in one field; and beside it its metadata."""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from typing import Any

from migrations_app.stores.sessions.codecs import problem_with
from migrations_app.stores.sessions.configuration import StoreConfig
from migrations_app.stores.sessions.records import UNVERSIONED, Codec, SessionRecord, Version

_TIMES = ("created", "accessed", "ttl")
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
    def is_plain(self) -> bool:
        """True for strings of opaque bytes, of which nothing but the deadline may be known."""
        return self.kind == "string" and self.codec is Codec.OPAQUE

    def record(self, session_id: str, content: Any, deadline: int, meta: Sequence[Any] | None) -> SessionRecord:
        """`content`: bytes, or the flat list of a hash. Raises Unreadable."""
        described = dict(zip(("epoch", "seq", "codec", *_TIMES, "extra"), meta or (), strict=False))
        if self.kind == "string":
            value, times, extra = bytes(content), dict[str, int | None](), dict[str, Any]()
        else:
            value, times, extra = self._from_hash(content)
        codec = Codec(described["codec"].decode()) if described.get("codec") else self.codec
        if problem := problem_with(codec, value):
            raise Unreadable(problem)
        for part in _TIMES:
            if part not in self._fields:
                times[part] = int(described[part]) if described.get(part) else None
        if described.get("extra"):
            extra |= json.loads(described["extra"])
        return SessionRecord(
            id=session_id,
            value=value,
            codec=codec,
            created_at_ms=times["created"],
            last_accessed_at_ms=times["accessed"],
            ttl_ms=times["ttl"],
            expires_at_ms=deadline if deadline >= 0 else None,
            extra=extra,
            version=Version(int(described["epoch"]), int(described["seq"])) if described.get("epoch") else UNVERSIONED,
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

    def content(self, record: SessionRecord, version: Version) -> tuple[Any, list[Any]]:
        """What to write at the key (bytes, or a flat list), and the flat list of metadata with this version."""
        times = {part: time for part, time in self._record_times(record).items() if time is not None}
        meta: list[Any] = []
        if version != UNVERSIONED:
            meta += ["epoch", str(version.epoch), "seq", str(version.seq)]
        if record.codec is not self.codec:
            meta += ["codec", str(record.codec)]
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
        for part, time in times.items():
            meta += [part, str(time)]
        if beside:
            meta += ["extra", json.dumps(dict(beside))]
        return value, meta


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
