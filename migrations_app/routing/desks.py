"""What each thread has to itself: one store per side, opened at its first use, and its counts.

A thread's stores are closed when it ends. A forked child neither uses nor closes those of its parent: the server's
end of a connection, and SQLite's locks, belong to the process that opened them.
"""

import contextlib
import os
import sqlite3
import threading
import weakref
from collections.abc import Callable

from migrations_app.engine.ports import WorkerToken
from migrations_app.routing.forks import renew_after_fork
from migrations_app.routing.tally import Tally
from migrations_app.stores.routed.base import RoutedStore

Opener = Callable[[str], RoutedStore]
OpenStores = dict[str, RoutedStore]
# One scope for all clients, whose token never grows: neither a client nor a migration refuses a client's writes.
CLIENTS = WorkerToken("client", 1)
# Of a parent process: neither closed nor collected, since both would reach its server.
_PARENTS: list[OpenStores] = []


class Desk:
    """One thread's. While a caller in another thread waits for this one: since when, and whether it has left."""

    __slots__ = ("__weakref__", "_beside", "_opener", "abandoned", "asked_at", "stores", "tally")

    def __init__(self, opener: Opener) -> None:
        self._opener = opener
        self.stores: OpenStores = {}
        self._beside: OpenStores = {}
        self.tally = Tally()
        self.abandoned: threading.Event | None = None
        self.asked_at: float | None = None

    def store(self, side: str) -> RoutedStore:
        try:
            return self.stores[side]
        except KeyError:
            store = self.stores[side] = self._opener(side)
            return store

    def keep_beside(self, side: str) -> None:
        """Call it before a plain write of what an application's own table has no column for.

        There has to be a place beside the table then, which stays while clients are known to use it
        (`SessionStore.withdraw`). The side's store is open.
        """
        store = self.stores[side]
        if self._beside.get(side) is not store:
            store.sessions.raise_worker_fence(CLIENTS)
            self._beside[side] = store


class Desks:
    """`begin` is called once in each thread before its first operation, and again in a forked child."""

    def __init__(self, opener: Opener, begin: Callable[[], object]) -> None:
        self._opener = opener
        self._begin = begin
        self._fresh()
        renew_after_fork(self)

    def mine(self) -> Desk:
        try:
            return self._local.desk  # type: ignore[no-any-return]
        except AttributeError:
            return self._new()

    def tallies(self) -> list[Tally]:
        """Of all threads, those that have ended in one."""
        with self._lock:
            return [self._past, *(tally for _, tally, _ in self._open.values())]

    def close(self) -> None:
        """Close the stores of every thread; call it when no operation is under way.

        A SQLite connection may only be closed by the thread that opened it: it ends with that thread.
        """
        with self._lock:
            stores = [stores for stores, _, _ in self._open.values()]
        for mine in stores:
            for side in tuple(mine):
                with contextlib.suppress(sqlite3.ProgrammingError):
                    mine[side].close()
                    mine.pop(side, None)

    def after_fork(self) -> None:
        for stores, _, finalizer in self._open.values():
            finalizer.detach()
            _PARENTS.append(stores)
        self._fresh()

    def _fresh(self) -> None:
        self._local = threading.local()
        self._lock = threading.RLock()  # a thread may end, and say so, while this one is inside
        self._past = Tally()
        self._open: dict[int, tuple[OpenStores, Tally, weakref.finalize[..., Desk]]] = {}

    def _new(self) -> Desk:
        self._begin()
        desk = Desk(self._opener)
        finalizer = weakref.finalize(desk, _end, os.getpid(), weakref.ref(self), id(desk.tally), desk.stores)
        finalizer.atexit = False
        with self._lock:
            self._open[id(desk.tally)] = (desk.stores, desk.tally, finalizer)
        self._local.desk = desk
        return desk

    def forget(self, key: int) -> None:
        with self._lock:
            _, tally, _ = self._open.pop(key)
            self._past.absorb(tally)


def _end(process: int, desks: "weakref.ref[Desks]", key: int, stores: OpenStores) -> None:
    """In the ending thread: its desk goes with its local data.

    A fork ends all other threads in the child, before anything registered for it runs there. Their locks may be held
    by nobody, and their stores are the parent's.
    """
    if os.getpid() != process:
        _PARENTS.append(stores)
        return
    known = desks()
    if known is not None:
        known.forget(key)
    for store in stores.values():
        with contextlib.suppress(sqlite3.ProgrammingError):
            store.close()
