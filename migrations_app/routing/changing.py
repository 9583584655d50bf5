"""Writing a session back only if nobody else wrote it since it was read.

Under a guard the store compares versions in one step with the write. Without one there are no versions, and what was
read without one has none: then what is there is read and compared again, under a lock of this process, so that its own
threads lose no update (PROTOCOL R27), also where the first guarded write follows a plain one.
"""

import threading

from migrations_app.engine.ports import BUCKETS
from migrations_app.routing.forks import renew_after_fork
from migrations_app.stores.routed.base import Condition, Guard, RoutedStore, WriteOutcome, Written, bucket_of
from migrations_app.stores.sessions.records import UNVERSIONED, SessionRecord, Version


class Changing:
    def __init__(self) -> None:
        self._locks: tuple[threading.Lock, ...] = ()
        self.after_fork()
        renew_after_fork(self)

    def after_fork(self) -> None:
        self._locks = tuple(threading.Lock() for _ in range(BUCKETS))

    def write(self, store: RoutedStore, guard: Guard | None, session: SessionRecord, found: SessionRecord) -> Written:
        """Replace `found` by `session`; CHANGED when something else is there, MISSING when nothing is."""
        if guard is not None and found.version != UNVERSIONED:
            return _replace(store, guard, session, found.version)
        with self._locks[bucket_of(session.id)]:
            there = store.read(session.id, guard)
            if there is None:
                return Written(WriteOutcome.MISSING, UNVERSIONED)
            if (there.value, there.expires_at_ms) != (found.value, found.expires_at_ms):
                return Written(WriteOutcome.CHANGED, there.version, there.expires_at_ms)
            # A version that it was read with says nothing to a plain write: the route has been left since.
            return _replace(store, guard, session, UNVERSIONED)


def _replace(store: RoutedStore, guard: Guard | None, session: SessionRecord, expected: Version) -> Written:
    # With a sliding length its deadline begins anew, as with every write; a fixed deadline stays.
    return store.write(session, guard, lifetime_ms=session.ttl_ms, condition=Condition.PRESENT, expected=expected)
