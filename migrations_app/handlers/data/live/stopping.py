"""The write stop: nobody writes to the source, for no longer than was said, and its end is sure."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from migrations_app.engine.crash_points import reach
from migrations_app.engine.errors import MigrationError, Timeout
from migrations_app.engine.ports import WorkerToken
from migrations_app.handlers.data.live.parameters import CONFIRM, REVOKE, roles
from migrations_app.stores.tables.changes.base import ChangeLog, Patience

QUIET_SECONDS = 2.0
LOOK_AGAIN_SECONDS = 0.05


class NotNow(Timeout):
    """The hand-over was put off; writes go on where they were."""


@dataclass(frozen=True, slots=True)
class Stop:
    """One stop. `longest_ms` counts from its first moment."""

    since: float
    longest_ms: int

    def lasted_ms(self) -> int:
        return round((time.monotonic() - self.since) * 1000)

    def require_time(self, what: str) -> None:
        """Raises NotNow."""
        if self.lasted_ms() > self.longest_ms:
            raise NotNow(
                f"Writers had waited {self.lasted_ms():,} ms of {self.longest_ms:,} before {what}; "
                "writes go on where they were."
            )


@contextmanager
def stopped(log: ChangeLog, parameters: Mapping[str, Any], worker: WorkerToken, patience: Patience) -> Iterator[Stop]:
    """Inside the block nobody writes. What the log does inside takes effect at its end, with the end of the lock; an
    error lets writes go on first. Raises NotNow when writers cannot be stopped now.
    """
    longest_ms, way = parameters["longest_write_stop_ms"], parameters["write_stop"]
    began = time.monotonic()
    if way == REVOKE:
        log.revoke(roles(parameters), longest_ms, worker)
        reach("data.live.revoked")
    if way == CONFIRM:
        _require_quiet(log, patience)
    try:
        with _not_now(), log.locked(longest_ms, patience) as since:
            yield Stop(began if way == REVOKE else since, longest_ms)
            if way == REVOKE:
                log.give_back(worker)
    except BaseException:
        if way == REVOKE:
            # Without a connection it is left to whoever tries again, or takes the run back.
            with suppress(MigrationError):
                log.give_back(worker)
        raise


@contextmanager
def _not_now() -> Iterator[None]:
    try:
        yield
    except NotNow:
        raise
    except Timeout as error:
        raise NotNow(f"Writers could not be stopped: {error.message}") from error


def _require_quiet(log: ChangeLog, patience: Patience) -> None:
    """A person says that the writers are stopped: then nothing new appears."""
    before = log.pending().changes
    ends = time.monotonic() + QUIET_SECONDS
    while time.monotonic() < ends:
        patience.alive()
        waiting = log.pending()
        if waiting.changes > before:
            tables = ", ".join(waiting.tables)
            raise NotNow(f"Somebody still writes ({tables}), although the writers were said to be stopped.")
        time.sleep(LOOK_AGAIN_SECONDS)
