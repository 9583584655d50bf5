"""Every statement on the sessions of a SQLite table under a route, written once for its layout, and rows to records.

sqlite3 keeps prepared statements by their text: texts that never change cost nothing.
"""

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from migrations_app.stores.routed.base import Held
from migrations_app.stores.routed.sqlite.structures import UNRESOLVED, Names
from migrations_app.stores.sessions.configuration import StoreConfig, Unit
from migrations_app.stores.sessions.records import UNVERSIONED, Codec, SessionRecord, Version
from migrations_app.stores.sessions.sqlite.table import TIMES, Column, TableLayout, quoted

_PARTS = ("key", "value", "codec", "created_at", "last_accessed_at", "ttl", "expires_at", "extra")
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - UTC; written as text without an offset
_CODECS = {str(codec): codec for codec in Codec}

_GET: Mapping[str, Callable[[SessionRecord], Any]] = {
    "key": lambda record: record.id,
    "value": lambda record: record.value,
    "codec": lambda record: record.codec.value,
    "created_at": lambda record: record.created_at_ms,
    "last_accessed_at": lambda record: record.last_accessed_at_ms,
    "ttl": lambda record: record.ttl_ms,
    "expires_at": lambda record: record.expires_at_ms,
    "extra": lambda record: record.extra,
    "ver_epoch": lambda record: 0,  # the version under a route lies in `<t>__route`
    "ver_seq": lambda record: 0,
}


class Known(NamedTuple):
    """What decides about a change: whether the session lives, its deadline and length, version, its bucket's fence."""

    live: bool
    expires_at_ms: int | None
    ttl_ms: int | None
    version: Version
    fence: int | None


class Statements:
    def __init__(self, config: StoreConfig, layout: TableLayout) -> None:
        self.table = str(config["table"])
        self.names = names = Names(self.table)
        self.layout = layout
        self.sided = bool(layout.side) and layout.has_side
        self.lacks_side = bool(layout.side) and not layout.has_side
        #: A length of whole seconds would cut, and the file would not complain.
        self.cuts_ttl = layout.column("ttl").unit is Unit.SECONDS
        self._cuts_deadline = layout.column("expires_at").unit is Unit.SECONDS
        #: A table of our own with bytes holds every record that has an id.
        self.holds_all = not config.columns and config["value_type"] == "blob"
        self._codec = config.codec
        self._main = [_encoder(part, column) for part, column in layout.main.items()]
        self._side_parts = [_GET[part] for part in layout.side if part not in ("key", "codec")]
        self._side = [_encoder(part, column) for part, column in layout.side.items()]
        self._loaders = [
            (place, layout.column(part))
            for place, part in enumerate(_PARTS)
            if part in TIMES and _converts(layout, part)
        ]
        self._ttl = layout.column("ttl")
        self._deadline = layout.column("expires_at")
        self._write_client(layout)
        self._write_route(names)

    def _write_client(self, layout: TableLayout) -> None:
        # Table and column names are quoted, and values are bound, in every statement of this module.
        key = self.key = quoted(layout.main["key"].name)
        t = layout.table
        parts = ", ".join(layout.reference(part) for part in _PARTS)
        join = f" LEFT JOIN {layout.side_table} v ON v.key = :id" if self.sided else ""
        self.read_plain = f"SELECT {parts} FROM {t} t{join} WHERE t.{key} = :id"  # noqa: S608
        routed = f"LEFT JOIN {t} t ON t.{key} = :id{join} LEFT JOIN {self.names.route} r ON r.key = :id"
        known = f"{parts}, r.epoch, r.seq, r.dead_at"
        self.fetch = f"SELECT {known} FROM (SELECT 1) {routed}"  # noqa: S608
        self.read = f"SELECT {known}, b.fence FROM {self.names.buckets} b {routed} WHERE b.bucket = :bucket"  # noqa: S608
        short = f"t.{key} IS NOT NULL, {layout.reference('expires_at')}, {layout.reference('ttl')}"
        self.look_plain = f"SELECT {short}, NULL, NULL, NULL FROM {t} t{join} WHERE t.{key} = :id"  # noqa: S608
        self.look = (
            f"SELECT {short}, r.epoch, r.seq, b.fence FROM {self.names.buckets} b {routed} "  # noqa: S608
            "WHERE b.bucket = :bucket"
        )
        self.put = layout.upsert(layout.main, t)
        self.put_side = layout.upsert(layout.side, layout.side_table) if self.sided else ""
        self.remove = f"DELETE FROM {t} WHERE {key} = ?"  # noqa: S608
        self.remove_side = f"DELETE FROM {layout.side_table} WHERE key = ?" if self.sided else ""  # noqa: S608
        name = quoted(self._deadline.name)
        self.extend = ""  # parameters: deadline, id
        if "expires_at" in layout.main:
            self.extend = f"UPDATE {t} SET {name} = ? WHERE {key} = ?"  # noqa: S608
        elif self.sided:
            columns, values = self.side_start("?", "?")
            self.extend = (
                f"INSERT INTO {layout.side_table} ({columns}) VALUES ({values}) "  # noqa: S608
                f"ON CONFLICT (key) DO UPDATE SET {name} = excluded.{name}"
            )

    def side_start(self, deadline: str, key: str) -> tuple[str, str]:
        """Columns and values of a new row beside a session that had none: its codec is the configured one."""
        name = quoted(self._deadline.name)
        if "codec" in self.layout.side:
            return f"{name}, key, codec", f"{deadline}, {key}, '{self._codec.value}'"
        return f"{name}, key", f"{deadline}, {key}"

    def needs_side(self, record: SessionRecord) -> bool:
        """Whether the record has parts that the table's own columns do not hold."""
        return record.codec is not self._codec or any(bool(get(record)) for get in self._side_parts)

    def _write_route(self, names: Names) -> None:
        route, state, buckets = names.route, names.state, names.buckets
        self.mint_any = f"UPDATE {state} SET guarded = 1, seq = seq + 1, epoch = max(epoch, ?) RETURNING epoch, seq"  # noqa: S608
        self.watch = f"UPDATE {state} SET guarded = 0"  # noqa: S608
        self.rest = f"UPDATE {state} SET guarded = 1"  # noqa: S608
        self.rise = f"UPDATE {state} SET guarded = 0, epoch = max(epoch, ?), seq = max(seq, ?)"  # noqa: S608
        self.refusal = f"SELECT (SELECT fence FROM {buckets} WHERE bucket = ?), document FROM {state}"  # noqa: S608
        self.stamp_over = (
            "ON CONFLICT (key) DO UPDATE SET bucket = excluded.bucket, epoch = excluded.epoch, seq = excluded.seq, "
            "dead_at = excluded.dead_at, dirty_at = coalesce(dirty_at, excluded.dirty_at)"
        )
        self.stamp = (
            f"INSERT INTO {route} (key, bucket, epoch, seq, dead_at, dirty_at) VALUES (?, ?, ?, ?, ?, ?) "  # noqa: S608
            + self.stamp_over
        )
        unchanged = "key = ? AND epoch = ? AND seq = ?"
        self.acknowledge = f"UPDATE {route} SET dirty_at = NULL WHERE {unchanged} AND dirty_at IS NOT NULL"  # noqa: S608
        self.forget = f"DELETE FROM {route} WHERE {unchanged} AND dead_at IS NOT NULL AND dirty_at IS NULL"  # noqa: S608
        self.is_marked = f"SELECT 1 FROM {route} WHERE key = ? AND dirty_at IS NOT NULL"  # noqa: S608
        self.unresolved = f"SELECT key FROM {route} INDEXED BY {names.unresolved} WHERE bucket = {UNRESOLVED}"  # noqa: S608
        self.resolve = f"UPDATE {route} SET bucket = ? WHERE key = ? AND bucket = {UNRESOLVED}"  # noqa: S608
        self.tombstones = (
            f"SELECT key, epoch, seq, dead_at FROM {route} INDEXED BY {names.dead} "  # noqa: S608
            "WHERE dead_at IS NOT NULL AND key >= ? ORDER BY key LIMIT ?"
        )
        self.fences = f"SELECT fence FROM {buckets} ORDER BY bucket"  # noqa: S608
        self.raise_fence = f"UPDATE {buckets} SET fence = ? WHERE bucket = ? AND fence < ?"  # noqa: S608
        self.state = f"SELECT document, seq, legacy FROM {state}"  # noqa: S608
        self.mirror = (
            f"UPDATE {state} SET document = ?1, mirrored = ?2, route = coalesce(?3, route) WHERE mirrored < ?2"  # noqa: S608
        )

    def of_buckets(self, what: str, buckets: str, tail: str = "") -> str:
        """On the marks of these buckets (numbers as text, "" for all)."""
        among = f" AND bucket IN ({buckets})" if buckets else ""
        return (
            f"SELECT {what} FROM {self.names.route} INDEXED BY {self.names.marked} "  # noqa: S608
            f"WHERE dirty_at IS NOT NULL{among} {tail}"
        )

    def main_row(self, record: SessionRecord) -> list[Any]:
        return [encode(record) for encode in self._main]

    def side_row(self, record: SessionRecord) -> list[Any]:
        return [encode(record) for encode in self._side]

    def remove_all(self, connection: sqlite3.Connection, ids: Sequence[str]) -> None:
        for statement in filter(None, (self.remove, self.remove_side)):
            connection.executemany(statement, [(name,) for name in ids])

    def stored_deadline(self, deadline_ms: int | None) -> Any:
        return _stored_time(deadline_ms, self._deadline.unit)

    def as_read(self, deadline_ms: int | None) -> int | None:
        """The deadline as the column gives it back: one of seconds cuts."""
        return deadline_ms // 1000 * 1000 if self._cuts_deadline and deadline_ms is not None else deadline_ms

    def record(self, row: tuple[Any, ...], now_ms: int, version: Version = UNVERSIONED) -> SessionRecord | None:
        """Of columns in the order of `read_plain`. None where there is none, it has expired, or is no session."""
        try:
            key, value, codec, created, accessed, ttl, expires, extra = (
                self._converted(row) if self._loaders else row[:8]
            )
            if value is None or (expires is not None and expires <= now_ms):
                return None
            known = _CODECS[codec] if codec else self._codec
            value = value.encode() if isinstance(value, str) else bytes(value)
            more = json.loads(extra) if extra else {}
        except (KeyError, ValueError, TypeError):
            return None
        return SessionRecord(str(key), value, known, created, accessed, ttl, expires, more, version)

    def _converted(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        parts = list(row[:8])
        for place, column in self._loaders:
            parts[place] = column.load(parts[place])
        return tuple(parts)

    def held(self, session_id: str, row: tuple[Any, ...], now_ms: int) -> Held:
        """Of a row of `read` or `fetch`."""
        version = UNVERSIONED if row[8] is None else Version(row[8], row[9])
        return Held(session_id, version, row[10] is not None, self.record(row, now_ms, version))

    def known(self, row: tuple[Any, ...] | None, now_ms: int) -> Known:
        """Of a row of `look` or `look_plain`."""
        if row is None:
            return Known(False, None, None, UNVERSIONED, None)
        there, expires, ttl, epoch, seq, fence = row
        if self._loaders:
            expires, ttl = self._deadline.load(expires), self._ttl.load(ttl)
        live = bool(there) and (expires is None or expires > now_ms)
        version = UNVERSIONED if epoch is None else Version(epoch, seq)
        return Known(live, expires if live else None, ttl if live else None, version, fence)


def _converts(layout: TableLayout, part: str) -> bool:
    return layout.column(part).unit is not Unit.MILLISECONDS


def _encoder(part: str, column: Column) -> Callable[[SessionRecord], Any]:
    """What `Column.store` does, decided once for each column instead of for each record."""
    get, unit = _GET[part], column.unit
    if part in TIMES:
        return get if unit is Unit.MILLISECONDS else lambda record: _stored_time(get(record), unit)
    if part == "extra" or column.text:
        return lambda record: column.store(get(record))
    return get


def _stored_time(content: int | None, unit: Unit) -> Any:
    if content is None or unit is Unit.MILLISECONDS:
        return content
    if unit is Unit.SECONDS:
        return content // 1000
    return (_EPOCH + timedelta(milliseconds=content)).isoformat(" ", "microseconds")
