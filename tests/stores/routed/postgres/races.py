"""Two connections that meet at a forced moment."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from migrations_app.stores.routed.base import RoutedStore
from tests.stores.routed.place import FIRST
from tests.stores.routed.postgres.places import PostgresPlace
from tests.stores.sessions.place import wait_until
from tests.stores.sessions.postgres.places import connection_of

WAITING = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'snakeweb%%' AND wait_event_type = 'Lock'"


@contextmanager
def racing(place: PostgresPlace, call: Callable[[RoutedStore], Any]) -> Iterator[Future[Any]]:
    """A call in a thread, which waits for a lock."""
    with ThreadPoolExecutor(1) as pool, place.open() as store:
        store.read("one", FIRST)
        with connection_of(place.sessions) as watcher:
            (before,) = watcher.execute(WAITING).fetchone() or (0,)
            future = pool.submit(call, store)
            wait_until(lambda: future.done() or watcher.execute(WAITING).fetchone() != (before,))
        yield future
