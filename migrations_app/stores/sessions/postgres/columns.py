"""How each part of a session is written in a column: SQL that reads it, and bytes for binary COPY that write it."""

import json
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from migrations_app.stores.sessions.configuration import Unit
from migrations_app.stores.sessions.records import Codec, SessionRecord

POSTGRES_EPOCH_MS = 946_684_800_000  # 2000-01-01 UTC, where timestamps begin in the binary format
INTEGERS = {"int2": struct.Struct("!h"), "int4": struct.Struct("!i"), "int8": struct.Struct("!q")}
TEXTS = ("text", "varchar")
STAMPS = ("timestamptz", "timestamp")
_INT8 = INTEGERS["int8"]

Encode = Callable[[SessionRecord], bytes | None]

TIME_PARTS: Mapping[str, Callable[[SessionRecord], int | None]] = {
    "created_at": lambda record: record.created_at_ms,
    "last_accessed_at": lambda record: record.last_accessed_at_ms,
    "ttl": lambda record: record.ttl_ms,
    "expires_at": lambda record: record.expires_at_ms,
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column that holds a part of the session. `type` is the server's name of the type (`int8`, `timestamptz`)."""

    part: str
    name: str
    type: str
    unit: Unit = Unit.AUTO
    nullable: bool = True
    max_length: int | None = None

    @property
    def is_time(self) -> bool:
        return self.part in TIME_PARTS

    @property
    def scale(self) -> int:
        """Milliseconds in one unit of an integer column; `int4` is too small for milliseconds, so AUTO is seconds."""
        if self.unit is Unit.AUTO:
            return 1000 if self.type in ("int2", "int4") else 1
        return 1000 if self.unit is Unit.SECONDS else 1

    @property
    def can_refuse(self) -> bool:
        """False for columns that hold whatever their part may be, so that nobody needs to look."""
        if self.is_time:
            return self.type != "int8" or self.scale != 1 or not self.nullable
        if self.part in ("codec", "extra"):
            return self.max_length is not None
        return not (self.part.startswith("ver_") or self.type == "bytea")

    def type_problem(self) -> str:
        """Why this type cannot hold the part; '' when it can."""
        if self.part == "key":
            allowed: tuple[str, ...] = TEXTS
        elif self.part == "value":
            allowed = ("bytea", "jsonb", *TEXTS)
        elif self.part == "ttl" or self.part.startswith("ver_"):
            allowed = ("int8",) if self.part.startswith("ver_") else ("int4", "int8")
        elif self.is_time:
            allowed = ("int4", "int8", *STAMPS)
        else:
            allowed = ("jsonb", "json", *TEXTS) if self.part == "extra" else TEXTS
        if self.type in allowed:
            return ""
        return f"column “{self.name}” is {self.type}; the {self.part} needs one of {', '.join(allowed)}"


def select_expression(column: Column, reference: str) -> str:
    """SQL that reads the column as the record has it: times in ms (infinite ones as NULL), JSON as text."""
    if column.part == "value":
        return reference if column.type == "bytea" else f"convert_to({reference}::text, 'UTF8')"
    if column.type in STAMPS:
        zoned = reference if column.type == "timestamptz" else f"({reference} AT TIME ZONE 'UTC')"
        return f"CASE WHEN isfinite({reference}) THEN floor(extract(epoch FROM {zoned}) * 1000)::bigint END"
    if column.is_time:
        return f"{reference}::bigint * {column.scale}" if column.scale != 1 else f"{reference}::bigint"
    if column.part == "extra":
        return f"{reference}::text"
    return reference


def live_condition(column: Column, reference: str, now: str = "now()") -> str:
    """SQL that is true while the deadline in this column has not passed by the server's clock."""
    if column.type == "timestamptz":
        past = f"{reference} <= {now}"
    elif column.type == "timestamp":
        past = f"{reference} <= ({now} AT TIME ZONE 'UTC')"
    else:
        past = f"{reference} <= floor(extract(epoch FROM {now}) * 1000)::bigint / {column.scale}"
    return f"({reference} IS NULL OR NOT {past})"


def time_expression(column: Column, ms: str) -> str:
    """SQL that writes a time, given as SQL of milliseconds, as this column has it. NULL stays NULL."""
    if column.type in STAMPS:
        stamp = f"to_timestamp(({ms})::double precision / 1000)"
        return stamp if column.type == "timestamptz" else f"({stamp} AT TIME ZONE 'UTC')"
    return f"(({ms}) / {column.scale})::{column.type}" if column.scale != 1 else f"({ms})::{column.type}"


def later_expression(mine: str, other: str) -> str:
    """SQL for the later of two deadlines; NULL (never) is the latest."""
    return f"CASE WHEN {mine} IS NULL OR {other} IS NULL THEN NULL ELSE greatest({mine}, {other}) END"


def encoder(column: Column) -> Encode:
    """Writes the part in the binary format of the column's type; None is NULL."""
    if column.is_time:
        return _time_encoder(column)
    if column.part == "key":
        return lambda record: record.id.encode()
    if column.part == "value":
        return (lambda record: b"\x01" + record.value) if column.type == "jsonb" else (lambda record: record.value)
    if column.part == "codec":
        return lambda record: record.codec.encode()
    if column.part == "extra":
        head = b"\x01" if column.type == "jsonb" else b""
        none = None if column.nullable else head + b"{}"
        return lambda record: head + json.dumps(dict(record.extra)).encode() if record.extra else none
    if column.part == "ver_epoch":
        return lambda record: _INT8.pack(record.version.epoch)
    return lambda record: _INT8.pack(record.version.seq)


def _time_encoder(column: Column) -> Encode:
    get = TIME_PARTS[column.part]
    if column.type in STAMPS:

        def stamp(record: SessionRecord) -> bytes | None:
            value = get(record)
            return None if value is None else _INT8.pack((value - POSTGRES_EPOCH_MS) * 1000)

        return stamp
    pack, scale = INTEGERS[column.type].pack, column.scale

    def number(record: SessionRecord) -> bytes | None:
        value = get(record)
        return None if value is None else pack(value // scale)

    return number


def why_unfit(columns: Mapping[str, Column]) -> Callable[[SessionRecord], str]:
    """A function that says why these columns cannot hold a record without loss; '' when they can."""
    needs_json = columns["value"].type == "jsonb"
    doubtful = [column for column in columns.values() if column.can_refuse and column.part != "key"]
    length = columns["key"].max_length or float("inf")

    def why(record: SessionRecord) -> str:
        session_id = record.id
        if not session_id or "\0" in session_id or len(session_id) > length:
            return _why_part_unfit(columns["key"], record)
        if needs_json and record.codec is not Codec.JSON:
            return "the value is not declared as JSON, which a jsonb column demands"
        for column in doubtful:
            if reason := _why_part_unfit(column, record):
                return reason
        return ""

    return why


def _why_part_unfit(column: Column, record: SessionRecord) -> str:
    if column.is_time:
        return _why_time_unfit(column, TIME_PARTS[column.part](record))
    text: Any = None
    if column.part == "key":
        text = record.id
        if not text:
            return "the id is empty"
    elif column.part == "codec":
        text = str(record.codec)
    elif column.part == "extra":
        text = json.dumps(dict(record.extra))
    if text is not None and "\0" in text:
        return f"the {column.part} holds a NUL character, which PostgreSQL's text cannot hold"
    if text is not None and column.max_length is not None and len(text) > column.max_length:
        return f"the {column.part} is longer than the {column.max_length} characters of column “{column.name}”"
    return _why_value_unfit(column, record) if column.part == "value" else ""


def _why_time_unfit(column: Column, value: int | None) -> str:
    if value is None:
        return "" if column.nullable else f"it has no {column.part}, which column “{column.name}” demands"
    if column.type in INTEGERS:
        # A deadline may lose its fraction of a second: it is compared with a tolerance. A length may not.
        if column.part == "ttl" and value % column.scale:
            return f"its {column.part} is finer than the seconds of column “{column.name}”"
        half = 1 << (INTEGERS[column.type].size * 8 - 1)
        if not -half <= value // column.scale < half:
            return f"its {column.part} is beyond what column “{column.name}” can hold"
    elif not -210_000_000_000_000 < value < 9_000_000_000_000_000:
        return f"its {column.part} is beyond what column “{column.name}” can hold"
    return ""


def _why_value_unfit(column: Column, record: SessionRecord) -> str:
    if column.type == "bytea":
        return ""
    try:
        text = record.value.decode()
    except UnicodeDecodeError:
        return f"the value is not UTF-8 text, which column “{column.name}” demands"
    if "\0" in text:
        return "the value holds a NUL byte, which PostgreSQL's text cannot hold"
    if column.max_length is not None and len(text) > column.max_length:
        return f"the value is longer than the {column.max_length} characters of column “{column.name}”"
    if column.type == "jsonb":
        return _why_not_jsonb(text)
    return ""


def _why_not_jsonb(text: str) -> str:
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError):
        return "the value is not JSON"
    try:
        plain = json.dumps(parsed, ensure_ascii=False)
        plain.encode()
    except UnicodeEncodeError:
        return "the value holds a lone surrogate, which jsonb cannot hold"
    if "\\u0000" in plain and _holds_nul(parsed):
        return "the value holds an escaped NUL (\\u0000), which jsonb cannot hold"
    return ""


def _holds_nul(parsed: Any) -> bool:
    if isinstance(parsed, str):
        return "\0" in parsed
    if isinstance(parsed, dict):
        return any(_holds_nul(part) for pair in parsed.items() for part in pair)
    return isinstance(parsed, list) and any(_holds_nul(part) for part in parsed)
