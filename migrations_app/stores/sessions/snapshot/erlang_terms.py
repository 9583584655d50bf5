"""Sessions as a node's own lines write them (docs/adoption.md): one Erlang term after the other.

    frame = its size (4 bytes, the highest first), then a term in Erlang's external format, compressed or not
    file  = {snakeweb_sessions, 1, Node, OffsetMs, MadeAtMs}, a row ..., {snakeweb_end, Rows, OffsetMs}: a frame each

OffsetMs turns the node's monotonic time into Unix time. Accepted as well, while it is small: the one term
`{snakeweb_sessions, 1, Node, OffsetMs, MadeAtMs, ets:tab2list(Table)}`, without a size. A file that lacks its end was
cut off: it is refused as a whole. Rows of the node's own sessions stay where they are.
"""

import io
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import BinaryIO, NamedTuple

from migrations_app.beam import parts
from migrations_app.beam.terms import VERSION, BadTerm, integer, is_compressed, unpacked
from migrations_app.engine.errors import Problem, ValidationFailed
from migrations_app.stores.sessions.beam.rows import Clock, Unreadable, belongs_to_node
from migrations_app.stores.sessions.records import UNVERSIONED, Codec, SessionRecord
from migrations_app.stores.sessions.snapshot.erlang_rows import (
    LEAST_BYTES,
    LONGEST_MS,
    ROW_BYTES,
    head_of,
    key_of,
    plain,
    record_of,
    row_of,
    why_unrepresentable,
)
from migrations_app.stores.sessions.snapshot.form import Entry, Form

WHOLE_BYTES = 64 * 1024 * 1024  # of a file that is one term, packed and unpacked: it is taken apart in memory
HEAD_BYTES = 64 * 1024  # what is read of a row that is too large
MOST_STRANGE = 1000
CLOCK_MOVED_MS = 1000
SIZE = 4
_BEGIN, _END = b"snakeweb_sessions", b"snakeweb_end"
_HEAD = 5  # parts of the first term


class _Beginning(NamedTuple):
    """Where and when the file was made. `offset_ms`: see above."""

    node: bytes
    offset_ms: int
    made_at_ms: int

    def term(self) -> bytes:
        name = parts.binary(self.node)  # no atom: the node that imports it need not know it
        return _tuple(_BEGIN, integer(ErlangTerms.number), name, integer(self.offset_ms), integer(self.made_at_ms))


class ErlangTerms(Form):
    name = "etf"
    number = 1

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__(stream)
        self._clock = Clock(0, 0)
        self._whole: bytes | None = None
        self._own = 0

    def changed(self, stream: BinaryIO, rows: int, end: int) -> None:
        super().changed(stream, rows, end)
        self._whole = None

    def read(self, offset: int, length: int) -> bytes:
        if self._whole is not None:
            return self._whole[offset : offset + length]
        return super().read(offset, length)

    @staticmethod
    def empty() -> bytes:
        return _frame(_Beginning(b"snakeweb", 0, time.time_ns() // 1_000_000).term()) + _end(0, 0)

    def tail(self, rows: int) -> bytes:
        return _end(rows, self._clock.offset_ms)

    def entries(self) -> Iterator[tuple[str, Entry]]:
        stream, size = self.stream, os.fstat(self.stream.fileno()).st_size
        if stream.read(1) == bytes([VERSION]):
            stream.seek(0)
            self._whole = _taken_apart(stream)
            stream, size = io.BytesIO(self._whole), len(self._whole)
        stream.seek(0)
        first, length = _next(stream, size, "its beginning")
        self._begin(first)
        while True:
            self.end += length
            data, length = _next(stream, size - self.end, f"row {self.rows + 1}")
            if (ending := _ending(data)) is not None:
                break
            self.rows += 1
            found = self._entry(data, length)
            if found is not None:
                yield found
        self._finish(size - self.end - length, *ending)

    def _begin(self, data: bytes) -> None:
        try:
            found, at = _beginning(data, _HEAD)
            if at != len(data):
                raise BadTerm("something follows")
        except BadTerm:
            raise _damaged("The file does not begin as one with a node's sessions does.") from None
        self._clock = Clock(found.offset_ms, 0)
        made_at = datetime.fromtimestamp(found.made_at_ms / 1000, UTC).isoformat(timespec="seconds")
        self.facts = {"made_on": found.node.decode(errors="replace"), "made_at": made_at}

    def _entry(self, data: bytes, length: int) -> tuple[str, Entry] | None:
        """None for a row that is none of a session of ours."""
        try:
            term = plain(data)
            name = key_of(term) if len(term) >= LEAST_BYTES else None
            if name is not None and belongs_to_node(name):
                self._own += 1
                return None
            session_id = name.decode() if name is not None else None
        except (BadTerm, UnicodeDecodeError):
            session_id = None
        if session_id is None:
            self.strange.append(f"row {self.rows}")
            _refuse_too_many(len(self.strange))
            return None
        try:
            head = head_of(term)
        except BadTerm:
            return session_id, Entry(self.end, length, UNVERSIONED, None)  # to be named by whoever reads it
        return session_id, Entry(self.end, length, head.version, head.expires_at_ms(self._clock))

    def _finish(self, left: int, rows: int, offset_ms: int) -> None:
        if left:
            raise _damaged("Something follows the end of the file's sessions.")
        if rows != self.rows:
            raise _damaged(f"The file has {self.rows} rows and says that it has {rows}: some of it is missing.")
        if abs(offset_ms - self._clock.offset_ms) > CLOCK_MOVED_MS:
            raise _damaged("The node's clock was set while the file was written: nobody knows when its sessions end.")
        if self._own:
            self.facts["own_rows"] = f"{self._own} of the node itself, left there"

    def record(self, session_id: str, entry: Entry) -> SessionRecord:
        if entry.length > SIZE + ROW_BYTES:
            raise Unreadable(f"it is larger than {ROW_BYTES // 2**20} MiB")
        return record_of(session_id, self.read(entry.offset + SIZE, entry.length - SIZE), self._clock)

    def packed(self, record: SessionRecord) -> bytes:
        now = (time.time_ns() // 1_000_000 - self._clock.offset_ms) // 1000
        return _frame(row_of(record, Clock(self._clock.offset_ms, now)))

    @staticmethod
    def why_unrepresentable(record: SessionRecord, codec: Codec) -> str:
        return why_unrepresentable(record)


def _refuse_too_many(strange: int) -> None:
    """So that a file of another kind, of a great many small rows, takes no memory."""
    if strange > MOST_STRANGE:
        raise _damaged(f"More than {MOST_STRANGE:,} rows of the file are none of a session.")


def _next(stream: BinaryIO, left: int, what: str) -> tuple[bytes, int]:
    """The next term, and how long it is with its size. Of one that is larger than a row may be only its beginning."""
    size = int.from_bytes(stream.read(SIZE), "big")
    if SIZE + size > left:
        raise _damaged(f"The file is cut off or damaged at {what}: {SIZE + size:,} bytes long, and {left:,} are left.")
    data = stream.read(size if size <= ROW_BYTES else HEAD_BYTES)
    if size > ROW_BYTES:
        stream.seek(size - HEAD_BYTES, os.SEEK_CUR)
    return data, SIZE + size


def _ending(data: bytes) -> tuple[int, int] | None:
    """What the last term says: how many rows there are, and the clock's offset."""
    if _END not in data[:64]:
        return None
    try:
        arity, at = parts.tuple_at(data, 1)
        name, at = parts.atom_at(data, at)
        if (arity, name) != (3, _END):
            return None
        rows, at = parts.integer_at(data, at)
        return rows, parts.integer_at(data, at)[0]
    except BadTerm:
        return None


def _beginning(data: bytes, wanted: int) -> tuple[_Beginning, int]:
    """Of a tuple of so many parts, and where its sixth part would lie. Raises BadTerm, ValidationFailed."""
    arity, at = parts.tuple_at(data, 1)
    name, at = parts.atom_at(data, at)
    number, at = parts.integer_at(data, at)
    if (arity, name) != (wanted, _BEGIN):
        raise BadTerm("it begins otherwise")
    if number != ErlangTerms.number:
        raise _damaged(f"The file is of form {number}, and this Snakeweb reads form {ErlangTerms.number}.")
    node, at = parts.binary_at(data, at)
    offset_ms, at = parts.integer_at(data, at)
    made_at_ms, at = parts.integer_at(data, at)
    if abs(offset_ms) > LONGEST_MS or not 0 <= made_at_ms < LONGEST_MS:
        raise BadTerm("its clock is out of every range")
    return _Beginning(node, offset_ms, made_at_ms), at


def _taken_apart(stream: BinaryIO) -> bytes:
    """Of a file that is one term: the same as frames."""
    if os.fstat(stream.fileno()).st_size > WHOLE_BYTES:
        raise _damaged(f"A file that is one term may have {WHOLE_BYTES // 2**20} MiB; this one has more.")
    data = stream.read()
    try:
        if is_compressed(data):
            data = bytes([VERSION]) + unpacked(data, WHOLE_BYTES)
        if data[1:2] in (b"l", b"j"):
            raise _damaged("The file holds rows of a table, and no clock to tell by when they end.")
        found, at = _beginning(data, _HEAD + 1)
        frames = bytearray(_frame(found.term()))
        count, at = parts.list_at(data, at)
        strange = 0
        for _ in range(count):
            end = parts.end_of(data, at)
            strange += end - at < LEAST_BYTES or key_of(data, at) is None
            _refuse_too_many(strange)
            frames += _frame(bytes([VERSION]) + data[at:end])
            at = end
    except BadTerm as problem:
        raise _damaged(f"The file is not one Erlang term with a node's sessions: {problem}.") from None
    if data[at:] != (b"j" if count else b""):
        raise _damaged("Something follows the end of the file's sessions.")
    return bytes(frames + _end(count, found.offset_ms))


def _tuple(name: bytes, *terms: bytes) -> bytes:
    return bytes([VERSION]) + parts.small_tuple(parts.atom(name.decode()), *terms)


def _frame(term: bytes) -> bytes:
    return len(term).to_bytes(SIZE, "big") + term


def _end(rows: int, offset_ms: int) -> bytes:
    return _frame(_tuple(_END, integer(rows), integer(offset_ms)))


def _damaged(message: str) -> ValidationFailed:
    fix = "Write it again on the node, as docs/adoption.md says, and bring it here whole."
    return ValidationFailed(
        f"{message} Nothing was read or changed.", problems=[Problem("config.path", message, fix, "damaged")]
    )
