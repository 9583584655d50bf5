"""What every kind of database offers to a move of tables. One contract suite runs over all of them.

A chunk is a range of keys. Its end is looked up on the source first, then it is copied in one transaction of the target
together with its checkpoint: it is there whole, with the note that it is, or not at all.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import ClassVar, Self

from migrations_app.engine.errors import Problem, ValidationFailed
from migrations_app.engine.ports import WorkerToken
from migrations_app.stores.tables.schema import Catalogue, Table
from migrations_app.stores.tables.selection import KeyRange, KeyValue, Selection
from migrations_app.stores.tables.traps import Trap


class Side(StrEnum):
    """Whose names a selection is read with: the source's columns and transforms, or the target's as they arrived."""

    SOURCE = "source"
    TARGET = "target"


@dataclass(frozen=True, slots=True)
class DatabaseProbe:
    """What a look at a database shows. `identity` survives reconnects and restarts, not re-creation.

    `latency_ms` is the median round trip of five. `problems` are for people.
    """

    kind: str
    version: str
    identity: str
    latency_ms: float
    encoding: str
    time_zone: str
    writable: bool
    tables: int
    bytes: int | None = None
    free_bytes: int | None = None
    replica: bool = False
    problems: tuple[str, ...] = ()
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChunkDigest:
    """`digest`: sum modulo 2**128 of the first 16 bytes of each row's MD5 (over its canonical text), 32 hex digits.

    It depends on no order, and digests of disjoint ranges add up. It guards against damage, not against a forger.
    """

    rows: int
    digest: str


@dataclass(frozen=True, slots=True)
class Row:
    """A row for people and for repair: canonical texts by target column; None is null."""

    key: KeyValue
    values: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that the target refuses; `values` as the source has them, canonical. `reason` is for people."""

    table: str
    key: KeyValue
    reason: str
    values: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Mark:
    """Where the copying of one range stands, kept in the target's own database by the same transaction as the rows.

    `scope` names run, table and range; it carries the worker's fencing token.
    """

    scope: str
    upto: KeyValue | None
    rows: int
    finished: bool = False


Carried = int | float | str | bytes | None
"""A value on its way: INTEGER as int, FLOAT as float, BYTES as bytes, TEXT and OTHER as they are, all else canonical.

What is no value of its kind, or no text that can be encoded, is `Foreign`.
"""


class Foreign(str):
    """The canonical text of such a value. It has a place in SQLite only."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Copied:
    """`bytes` as they travelled, about."""

    rows: int
    bytes: int
    rejected: int = 0

    def __add__(self, other: "Copied") -> "Copied":
        return Copied(self.rows + other.rows, self.bytes + other.bytes, self.rejected + other.rejected)


class Database(ABC):
    """A live database, opened by `stores.tables.opening.open_database(config, secrets, read_only=...)`.

    Not thread-safe: one per thread. Every method raises DependencyUnavailable when the server does not answer
    (retryable) and ValidationFailed for wrong credentials or a missing table. Writers take the worker's fencing token
    and raise LeaseLost when the database has seen a greater one for that scope.
    """

    kind: ClassVar[str]

    @cached_property
    def _tables(self) -> dict[str, Table]:
        return {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    @abstractmethod
    def close(self) -> None: ...

    @abstractmethod
    def probe(self) -> DatabaseProbe: ...

    @abstractmethod
    def catalogue(self, tables: Sequence[str] | None = None) -> Catalogue:
        """All tables of the configured schemas, or those named; a name that is not there is left out."""

    def table(self, name: str) -> Table:
        """One of the catalogue, looked up once while this database is open. Raises ValidationFailed without it."""
        if name not in self._tables:
            found = self.catalogue([name]).tables.get(name)
            if found is None:
                message = f"There is no table “{name}”."
                raise ValidationFailed(message, problems=[Problem("tables", message, "Plan again.", "missing")])
            self._tables[name] = found
        return self._tables[name]

    def traps(self, selection: Selection, target: Catalogue | None) -> list[Trap]:
        """Rows of the source's table that the target will not take; none where such a database cannot be asked."""
        return []

    @abstractmethod
    def end_of_chunk(
        self, selection: Selection, within: KeyRange, *, side: Side, rows: int, size: int
    ) -> KeyValue | None:
        """The key of the row that ends the first chunk of `within`: at most so many rows, and roughly `size` bytes.

        None when `within` holds no row.
        """

    @abstractmethod
    def split(self, selection: Selection, parts: int) -> tuple[KeyRange, ...]:
        """Disjoint ranges that cover everything, of roughly the same size; fewer where the table is small."""

    @abstractmethod
    def count(self, selection: Selection, within: KeyRange, *, side: Side) -> int: ...

    @abstractmethod
    def digest(self, selection: Selection, within: KeyRange, *, side: Side) -> ChunkDigest:
        """Computed in the database. On the source's side of what its rows become, on the target's of what is there."""

    @abstractmethod
    def row_digests(self, selection: Selection, within: KeyRange, *, side: Side) -> Iterator[tuple[KeyValue, str]]:
        """In the order of the key, for the drill-down of a range whose digests differ."""

    @abstractmethod
    def rows(self, selection: Selection, keys: Sequence[KeyValue], *, side: Side) -> list[Row]:
        """Those of `keys` that are there."""

    @abstractmethod
    def carried(self, selection: Selection, within: KeyRange) -> Iterator[tuple[Carried, ...]]:
        """The source's rows as what they become, in the order of the key; never more than a page of them in memory.

        Raises Refused when a value cannot be read as what it is to become.
        """

    def blocks(self, selection: Selection, within: KeyRange) -> tuple[bool, Iterator[bytes]] | None:
        """The same rows as PostgreSQL's COPY data, and whether in its binary form; None where nothing speaks it."""
        return None

    # Writing: only of a database that was opened for it.

    @abstractmethod
    def raise_worker_fence(self, worker: WorkerToken) -> None:
        """From now on a smaller token of this scope is refused. Makes the side table where it is missing."""

    @abstractmethod
    def marks(self, scope_prefix: str) -> Mapping[str, Mark]:
        """By scope; empty where nothing was copied yet."""

    @abstractmethod
    def stand(self, scope: str, worker: WorkerToken) -> Mark:
        """The mark of a range, made at its beginning where there is none."""

    @abstractmethod
    def write_chunk(
        self, source: "Database", selection: Selection, within: KeyRange, mark: Mark, worker: WorkerToken
    ) -> Copied:
        """The source's rows of `within` and the mark that they are here, in one transaction; `mark` is where it stood.

        Raises LeaseLost, MarkMoved, Refused or Interfered, and nothing was written.
        """

    @abstractmethod
    def pass_mark(self, mark: Mark, upto: KeyValue | None, worker: WorkerToken, *, finished: bool = False) -> Mark:
        """Move a mark without a row. Raises LeaseLost or MarkMoved."""

    @property
    @abstractmethod
    def silent(self) -> bool:
        """Whether the target's triggers stay silent while rows arrive. Its foreign keys are not checked then.

        SQLite's triggers always fire, and its foreign keys are never checked meanwhile. `orphans` tells of both.
        """

    @abstractmethod
    def orphans(self, tables: Sequence[str]) -> Mapping[str, int]:
        """Of each foreign key of these tables the rows whose other row is missing; by `table.key name`, none at 0."""

    @abstractmethod
    def put(self, selection: Selection, rows: Sequence[Row], worker: WorkerToken) -> int:
        """Insert these rows of the target, or replace those of the same key, in one transaction; how many.

        Raises Refused.
        """

    @abstractmethod
    def remove(self, selection: Selection, keys: Sequence[KeyValue], worker: WorkerToken) -> int: ...

    @abstractmethod
    def empty(self, tables: Sequence[str], worker: WorkerToken) -> None:
        """Remove every row of the target's tables, in one transaction."""

    @abstractmethod
    def execute(self, statements: Sequence[str], worker: WorkerToken) -> None:
        """Statements of `creating.py`, in one transaction where the database can."""

    @abstractmethod
    def drop(self, tables: Sequence[str], worker: WorkerToken) -> None:
        """Drop those that are there, in one transaction, with the foreign keys between them."""

    @abstractmethod
    def forget(self, scope_prefix: str, worker: WorkerToken) -> None:
        """Remove the marks, and the side table when nothing is left in it."""

    @abstractmethod
    def advance_sequences(self, tables: Sequence[str], worker: WorkerToken) -> Mapping[str, int]:
        """Set each sequence of these tables to the greatest value of its column, never back; by sequence name."""
