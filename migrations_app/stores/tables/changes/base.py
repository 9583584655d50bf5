"""A change log: which rows of which tables changed, by their keys alone, written by the database itself.

Catching up reads the row that is there now and brings that over, so a change may be carried twice and in any order.
A log is read by looking at what is committed and removed by what was read: a change whose transaction is still open is
not seen, and stays until it is.
"""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import ClassVar, Self

from migrations_app.engine.errors import Problem
from migrations_app.engine.ports import WorkerToken
from migrations_app.stores.tables.schema import ColumnType, Table
from migrations_app.stores.tables.selection import KeyValue, Selection


@dataclass(frozen=True, slots=True)
class Watched:
    """A table whose changes are logged, and the columns of the key that they are logged by.

    For reading: the types that those columns hold, and those whose canonical text is `wanted`.
    """

    table: str
    key: tuple[str, ...]
    held: tuple[ColumnType, ...] = ()
    wanted: tuple[ColumnType, ...] = ()


def watched(selection: Selection, table: Table) -> Watched:
    """`table` is the selection's source. Keys are read as the target's columns hold them, as everywhere."""
    becomes = {one.source: one.type for one in selection.columns if one.source is not None and not one.transforms}
    columns = [table.column(name) for name in selection.key]
    held = tuple(column.type for column in columns if column is not None)
    return Watched(selection.source, selection.key, held, tuple(becomes[name] for name in selection.key))


@dataclass(frozen=True, slots=True)
class Change:
    """`key` None: the table was emptied by TRUNCATE, or what changed is not known; every row may be another."""

    id: int
    key: KeyValue | None


@dataclass(frozen=True, slots=True)
class Pending:
    """What waits in the log. `oldest_ms`: for how long the oldest committed change has; `tables`: how many of each."""

    changes: int
    oldest_ms: int
    bytes: int
    tables: dict[str, int]


@dataclass(frozen=True, slots=True)
class Patience:
    """How a lock is asked for: queue for `lock_ms` at most, since everybody who comes later waits behind us, then let
    them through and try again, for `seconds` in all. `alive` is called between two attempts.

    `lock_ms` above one second lets PostgreSQL end an autovacuum that is in the way (`deadlock_timeout`).
    """

    lock_ms: int = 1500
    seconds: float = 60.0
    alive: Callable[[], None] = lambda: None

    def deadline(self) -> float:
        return time.monotonic() + self.seconds


class ChangeLog(ABC):
    """One log in one database, of one run. Over a connection of its own; not thread-safe.

    `guards_us`: whether a guard refuses the writes of Snakeweb as well.

    Methods raise the engine's errors. Those that take a worker raise LeaseLost when a later one of the run was here,
    and IllegalTransition when the log is another run's.
    """

    guards_us: ClassVar[bool]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    @abstractmethod
    def close(self) -> None: ...

    @abstractmethod
    def problems(self, watched: Sequence[Watched]) -> list[Problem]:
        """Why it cannot be installed; looks and changes nothing."""

    @abstractmethod
    def install(self, watched: Sequence[Watched], worker: WorkerToken, patience: Patience) -> None:
        """Installed already is no error. From its return on no change goes unnoticed: it waits for the transactions
        that have written to the tables before. Raises Timeout when they do not end; what was installed is kept."""

    @abstractmethod
    def remove(self, worker: WorkerToken, patience: Patience) -> None:
        """Triggers, log and guard; it may find half of them, or nothing."""

    @abstractmethod
    def installed(self) -> bool: ...

    @abstractmethod
    def damage(self) -> tuple[str, ...]:
        """What is no longer as it was installed, each for people: then a change may have gone unnoticed."""

    @abstractmethod
    def pending(self) -> Pending: ...

    @abstractmethod
    def read(self, watched: Watched, after: int, limit: int) -> list[Change]:
        """The first changes of the table with a greater id, in the order of ids, their keys in canonical text."""

    @abstractmethod
    def acknowledge(self, table: str, ids: Sequence[int]) -> None:
        """Remove these, and only these, once they are at the other side."""

    @abstractmethod
    def clear(self, worker: WorkerToken) -> None:
        """Forget every change: what is noted from now on is what counts."""

    @abstractmethod
    def compact(self) -> int:
        """Of several changes of one row keep the newest, which bounds the log; how many were removed."""

    # The write stop.

    @abstractmethod
    def role_problems(self, watched: Sequence[Watched], roles: Sequence[str]) -> list[Problem]:
        """Why these roles could go on writing after `revoke`, and what there is to be said against that."""

    @abstractmethod
    def revoke(self, roles: Sequence[str], longest_ms: int, worker: WorkerToken) -> None:
        """Take the privilege to write to the tables from these roles, and write down what was taken and until when.

        Whoever has begun a transaction before may still end it: `locked` waits for them.
        """

    @abstractmethod
    def give_back(self, worker: WorkerToken | None, *, overdue: bool = False) -> int:
        """Give back what was taken; how many privileges. Inside `locked` too. What is overdue anybody may give back."""

    @abstractmethod
    def locked(self, longest_ms: int, patience: Patience) -> AbstractContextManager[float]:
        """Inside the block nobody else writes to the tables, and reads go on. Whatever this log does inside takes
        effect at its end, and not at all when it is left by an error. Gives the time (`time.monotonic`) since when
        others may have waited. Raises Timeout when the lock was not given."""

    @abstractmethod
    def guard(self, message: str, worker: WorkerToken) -> None:
        """Inside `locked`: from its end on the tables refuse every write with this message."""

    @abstractmethod
    def unguard(self, worker: WorkerToken, patience: Patience) -> None: ...

    @abstractmethod
    def guarded(self) -> bool: ...
