"""Sessions of a live Snakepit node: the ETS table behind its session server, or another table of that shape.

Or a session server that keeps them in its own way and answers the calls that Snakepit's does. Those tell and do less:
reading renews each session's deadline; writing begins a session anew, with what was left as its length, and what it had
before is noted beside it; fence and write are two steps.

Where the server's process dies the sessions do, and with them all that lay beside them (PROTOCOL 5.2, class NONE:
callers on the node go by no fence).
"""

import statistics
import time
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Protocol

from migrations_app.beam.address import address_from
from migrations_app.beam.node import Atom, Node, NodeFailed
from migrations_app.engine.errors import InsufficientResources, Problem, ValidationFailed
from migrations_app.engine.ports import WorkerToken
from migrations_app.stores.sessions.applying import newest_of_each, refuse_unrepresentable, stale
from migrations_app.stores.sessions.base import (
    WHOLE,
    Applied,
    FenceClass,
    Ids,
    Page,
    Partition,
    SessionStore,
    StoreProbe,
)
from migrations_app.stores.sessions.beam import call_expressions, expressions
from migrations_app.stores.sessions.beam.rows import (
    Clock,
    Unreadable,
    belongs_to_node,
    entry_of,
    readable,
    record_of,
    why_unrepresentable,
)
from migrations_app.stores.sessions.configuration import BY_CALLS, StoreConfig
from migrations_app.stores.sessions.paging import PageBudget, read_cursor, separator, take, write_cursor
from migrations_app.stores.sessions.records import Codec, SessionRecord, Version

CHUNK = 1000
WRITTEN_AT_ONCE = 100  # callers of the node wait for so many
LOOKS = 3  # times a page is read when the node's clock was set meanwhile


class Texts(Protocol):
    """What the node evaluates: two modules of them, for a table and for calls."""

    LOOK: str
    LISTING: str
    READING: str
    MISSING: str
    DELETING: str
    APPLYING: str


class BeamStore(SessionStore):
    fence_class: ClassVar[FenceClass] = FenceClass.NONE

    def __init__(self, config: StoreConfig, secrets: Mapping[str, str], *, read_only: bool = False) -> None:
        self._node = node_of(config, secrets)
        self._address = self._node.address
        self._server = str(config["server"])
        self._by_calls = config["access"] == BY_CALLS
        self._texts: Texts = call_expressions if self._by_calls else expressions
        self._table = self._server if self._by_calls else str(config["table"])
        self._read_only = read_only
        self._ids: list[str] | None = None
        self._budget = PageBudget()

    def close(self) -> None:
        self._ids = None
        self._node.close()

    def probe(self, *, counted: bool = True) -> StoreProbe:
        latencies = []
        for _ in range(5):
            before = time.perf_counter()
            self._node.evaluate("ok")
            latencies.append((time.perf_counter() - before) * 1000)
        asked_at = time.time()
        found = self._evaluate(self._texts.LOOK)
        skew_ms = 0
        look: dict[str, Any] = {}
        if found != _NO_TABLE:
            look = readable(found)
            skew_ms = round(look["system_ms"] - (asked_at + time.time()) * 500)
        ids = self._list()[0] if look and counted else []
        return StoreProbe(
            kind="beam",
            version=_text(look.get("snakepit")) or f"0 (OTP {_text(look.get('release'))})",
            identity=":".join(["beam", self._address.name, str(look.get("since", "")), _text(look.get("process"))]),
            latency_ms=statistics.median(latencies),
            clock_skew_ms=skew_ms,
            layout="calls" if self._by_calls else "ets",
            count=len(ids),
            exists=bool(look),
            writable=bool(look.get("owner")),
            capacity_sessions=look.get("most"),
            used_bytes=look.get("bytes"),
            problems=tuple(self._problems(look)),
            details={"codec": str(Codec.ETF), "otp": _text(look.get("release"))},
        )

    def _problems(self, look: Mapping[str, Any]) -> list[str]:
        if not look:
            return [f"The node {self._address.name} has no table {self._table}."]
        problems = []
        if not look["owner"]:
            problems.append(f"The table {self._table} does not belong to the process {self._server}.")
        if not self._address.certificate and not self._address.on_loopback:
            problems.append(f"Sessions travel unencrypted: {self._address.name} is reached without TLS.")
        return problems

    def initialise(self, worker: WorkerToken) -> bool:
        """Always False: the table is the node's own."""
        self.raise_worker_fence(worker)
        return False

    def drop_created(self, worker: WorkerToken) -> None:
        self._inside(expressions.DROPPING, worker)

    def raise_worker_fence(self, worker: WorkerToken) -> None:
        self._inside(expressions.RAISING, worker, raising=True)

    def clear_worker_fences(self, run_scope_prefix: str) -> None:
        self._refuse_when_read_only()
        self._forget([run_scope_prefix])

    def withdraw(self, worker: WorkerToken, scopes: Sequence[str]) -> None:
        self._inside(expressions.DROPPING, worker)
        self._forget([name for scope in scopes for name in (scope, f"{scope}:")])

    def _forget(self, prefixes: Sequence[str]) -> None:
        self._evaluate(
            expressions.FORGETTING,
            Prefixes=[prefix.encode() for prefix in prefixes],
        )

    def scan(self, cursor: str, limit: int, partition: Partition = WHOLE) -> Page:
        rows = self._budget.rows(limit)
        size = rows * partition.of
        names = self._after(cursor, size + 1)
        wanted, following = take(names, size, rows, partition.holds)
        records, unreadable = self._read(wanted)
        self._budget.saw(list(records.values()))
        begin = "" if following is None else separator(names[following - 1], names[following])
        return Page(list(records.values()), write_cursor(**{"from": begin}), following is None, unreadable)

    def scan_ids(self, cursor: str, limit: int) -> Ids:
        names = self._after(cursor, limit + 1)
        if len(names) > limit:
            return Ids(names[:limit], write_cursor(**{"from": separator(names[limit - 1], names[limit])}), False)
        return Ids(names, write_cursor(**{"from": ""}), True, self._list()[1])

    def _after(self, cursor: str, most: int) -> list[str]:
        """Ids from the cursor on, of one listing a scan: sessions that come later are the next scan's."""
        start = read_cursor(cursor).get("from", "") if cursor else ""
        if self._ids is None or not cursor:
            self._ids = sorted(self._list()[0], key=str.encode)
        place = bisect_left(self._ids, start.encode(), key=str.encode)
        return self._ids[place : place + most]

    def _list(self) -> tuple[list[str], list[str]]:
        """Ids that live, but for the node's own; and what is no session at all, as text."""
        found = self._evaluate(self._texts.LISTING)
        if found == _NO_TABLE:
            raise self._no_table()
        living, strange = found
        ids, odd = list[str](), [_text(name) for name in strange]
        for name in living:
            if not belongs_to_node(name):
                try:
                    ids.append(name.decode())
                except UnicodeDecodeError:
                    odd.append(name.decode(errors="backslashreplace"))
        return ids, odd

    def read(self, ids: Sequence[str]) -> list[SessionRecord | None]:
        records, _ = self._read([name for name in dict.fromkeys(ids) if not belongs_to_node(name.encode())])
        return [records.get(name) for name in ids]

    def _read(self, ids: Sequence[str]) -> tuple[dict[str, SessionRecord], list[tuple[str, str]]]:
        records, unreadable = dict[str, SessionRecord](), list[tuple[str, str]]()
        for start in range(0, len(ids), CHUNK):
            for name, row, clock in self._rows([name.encode() for name in ids[start : start + CHUNK]]):
                session_id = name.decode()
                try:
                    record = record_of(session_id, row, clock)
                except Unreadable as problem:
                    unreadable.append((session_id, str(problem)))
                else:
                    if record is not None:
                        records[session_id] = record
        return records, unreadable

    def _rows(self, names: Sequence[bytes]) -> Iterator[tuple[bytes, tuple[Any, ...] | None, Clock]]:
        """Of those that are there; None for a row that is none of a session."""
        for _ in range(LOOKS):
            before, after, now, there, parts = self._evaluate(self._texts.READING, Ids=list(names))
            if before == after:
                break
        clock = Clock(after, now)
        if parts is not None:
            yield from ((name, row, clock) for name, row in zip(there, zip(*parts, strict=True), strict=True))
        elif len(there) == 1:
            yield there[0], None, clock
        else:  # find the odd ones
            for half in (there[: len(there) // 2], there[len(there) // 2 :]):
                yield from self._rows(half)

    def missing(self, ids: Sequence[str]) -> list[str]:
        ours = [name.encode() for name in ids if not belongs_to_node(name.encode())]
        gone = {name.decode() for name in self._evaluate(self._texts.MISSING, Ids=ours)} if ours else set()
        return [name for name in ids if name in gone or belongs_to_node(name.encode())]

    def apply(
        self, records: Sequence[SessionRecord], worker: WorkerToken, *, version: Version | None = None
    ) -> Applied:
        unique = newest_of_each(records, version)
        refuse_unrepresentable(unique, why_unrepresentable)
        clock = self._clock()
        length = not self._by_calls
        entries = [entry_of(record, version or record.version, clock, keeps_length=length) for record in unique]
        written = 0
        for start in range(0, max(1, len(entries)), WRITTEN_AT_ONCE):  # the fence judges a call with nothing, too
            some = entries[start : start + WRITTEN_AT_ONCE]
            written += self._inside(self._texts.APPLYING, worker, Entries=some)
        return Applied(written, len(records) - written)

    def delete(self, ids: Sequence[str], worker: WorkerToken) -> int:
        ours = [name.encode() for name in dict.fromkeys(ids) if not belongs_to_node(name.encode())]
        return int(self._inside(self._texts.DELETING, worker, Ids=ours))

    def count(self) -> int:
        return len(self._list()[0])

    def why_unrepresentable(self, record: SessionRecord) -> str:
        return why_unrepresentable(record)

    def _clock(self) -> Clock:
        offset, now = self._node.evaluate("{erlang:time_offset(millisecond), erlang:monotonic_time(second)}")
        return Clock(offset, now)

    def _inside(self, text: str, worker: WorkerToken, *, raising: bool = False, **bindings: Any) -> Any:
        """Within the owner of the table, under the worker's fence. Raises LeaseLost, ValidationFailed."""
        self._refuse_when_read_only()
        kind, what = self._evaluate(
            text,
            Scope=worker.scope.encode(),
            Token=worker.token,
            Raising=raising,
            **bindings,
        )
        if kind == Atom("done"):
            return what
        if kind == Atom("stale"):
            raise stale(worker, what)
        raise self._refused(what.name)

    def _refused(self, why: str) -> Exception:
        if why == "full":
            return InsufficientResources(
                f"The node {self._address.name} may hold no more sessions (its max_sessions); not all were written."
            )
        if why == "atoms":
            return InsufficientResources(
                f"The sessions would bring atoms that the node {self._address.name} does not know, and its atom table "
                "is four fifths full; not all were written."
            )
        if why == "parts":
            message = (
                f"A session has parts that {self._server} cannot be given by its calls, which take metadata and "
                "programs; not all were written."
            )
            fix = "Reach the store through its table, or take these parts out of the sessions."
            return ValidationFailed(message, problems=[Problem("config.access", message, fix, why)])
        message = f"The node {self._address.name} cannot read a session's value as Erlang terms; nothing was written."
        return ValidationFailed(message, problems=[Problem("config", message, "Check the source's codec.", why)])

    def _evaluate(self, text: str, **bindings: Any) -> Any:
        tables = {
            "Server": Atom(self._server),
            "Table": Atom(self._table),
            "Beside": Atom(f"{self._table}_snakeweb"),
            "Fences": Atom(f"{self._table}_snakeweb_fences"),
        }
        try:
            return self._node.evaluate(text, **tables, **bindings)
        except NodeFailed as failure:
            if failure.reason in ("noproc", "badarg"):
                raise self._no_table() from None
            raise

    def _no_table(self) -> ValidationFailed:
        missing = "no" if self._by_calls else f"no session table {self._table}, or no"
        message = f"The node {self._address.name} has {missing} process {self._server}."
        fix = "Correct the names, or start the session store on the node."
        return ValidationFailed(message, problems=[Problem("config.table", message, fix, "missing_table")])

    def _refuse_when_read_only(self) -> None:
        if self._read_only:
            message = f"The node {self._address.name} is open read-only."
            raise ValidationFailed(message, problems=[Problem("config", message, "Open it for writing.", "read_only")])


_NO_TABLE = Atom("no_table")


def node_of(config: StoreConfig, secrets: Mapping[str, str]) -> Node:
    """The node of such a target; the cookie is its password."""
    return Node(address_from(config.values), secrets.get("password", ""))


def _text(content: Any) -> str:
    return content.decode(errors="replace") if isinstance(content, bytes) else ""
