"""People who order: they write to the database that takes their orders, and notice when one of them is gone.

`python -m examples.deployment.orders OLD NEW` writes to one of two SQLite files until SIGTERM, then says one line of
JSON. A database that has been handed over refuses writes and says so; then the other one is asked. That is the whole
switch of this service, there and back. While a hand-over holds the lock an order waits.
"""

import contextlib
import random
import signal
import sqlite3
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from examples.deployment.__main__ import report

ORDERS_PER_SECOND = 10.0
PATIENCE_SECONDS = 30.0  # longer than the longest write stop of a data migration's defaults
REFUSED = "SQLITE_CONSTRAINT_TRIGGER"  # what the triggers of a database that has been handed over answer
FIRST_NUMBER = 6_001  # those before are in the file from the beginning


@dataclass(slots=True)
class Orders:
    """`databases`: paths, the one that takes orders first. `known` maps an order's number to the cents it was for."""

    databases: list[Path]
    chance: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311 - what somebody buys next
    known: dict[int, int] = field(default_factory=dict)
    switches: int = 0
    failed: int = 0
    slowest_ms: int = 0

    def run(self, leave: threading.Event) -> None:
        """One order after the other, until `leave` is set."""
        while not leave.wait(1 / ORDERS_PER_SECOND):
            self.order()

    def order(self) -> bool:
        """Place one, and change an earlier one now and then. False when neither database would take it now."""
        began = time.monotonic()
        taken = any(self._placed() for _ in self.databases)
        self.failed += not taken
        self.slowest_ms = max(self.slowest_ms, round(1000 * (time.monotonic() - began)))
        return taken

    def lost(self) -> int:
        """Orders that the database which takes them now does not have as they were placed."""
        with opened(self.databases[0]) as connection:
            found = dict(connection.execute("SELECT id, cents FROM orders WHERE id >= ?", (FIRST_NUMBER,)))
        return sum(found.get(number) != cents for number, cents in self.known.items())

    def _placed(self) -> bool:
        number, cents = FIRST_NUMBER + len(self.known), self.chance.randrange(99, 9_999)
        if self.known and self.chance.random() < 0.3:
            number = self.chance.choice(list(self.known))
        try:
            with opened(self.databases[0]) as connection, connection:
                connection.execute(
                    "INSERT INTO orders VALUES (?, ?, datetime('now'), ?, NULL) "
                    "ON CONFLICT (id) DO UPDATE SET cents = excluded.cents",
                    (number, self.chance.randrange(1, 300), cents),
                )
        except sqlite3.IntegrityError as error:
            # Only a refusal that says so is a reason to ask the other one: it may not be the place yet.
            if error.sqlite_errorname == REFUSED:
                self.databases.reverse()
                self.switches += 1
            return False
        except sqlite3.OperationalError:  # locked for longer than anybody waits
            return False
        self.known[number] = cents
        return True


@contextlib.contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Raises sqlite3.OperationalError where there is no file: none is made."""
    with contextlib.closing(
        sqlite3.connect(f"{path.resolve().as_uri()}?mode=rw", uri=True, timeout=PATIENCE_SECONDS)
    ) as connection:
        yield connection


def main(databases: Sequence[str]) -> int:
    leave = threading.Event()
    for how in (signal.SIGTERM, signal.SIGINT):
        signal.signal(how, lambda *_: leave.set())
    orders = Orders([Path(name) for name in databases])
    orders.run(leave)
    summary = {"orders": len(orders.known), "failed": orders.failed, "lost": orders.lost()}
    return report({**summary, "switches": orders.switches, "slowest_ms": orders.slowest_ms})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
