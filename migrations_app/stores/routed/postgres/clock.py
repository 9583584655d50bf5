"""The server's clock, kept by its distance from this process's monotonic one."""

import time

from migrations_app.stores.connections.postgres import Connection
from migrations_app.stores.routed.postgres.parts import NOW_MS
from migrations_app.stores.sessions.postgres.table import raw

MEASURED_EACH_SECONDS = 30.0
ROUNDS = 3


class ServerClock:
    """Over one connection. Asks the server at the first look, then each half minute."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._offset_ms = 0.0
        self._measured_at = float("-inf")

    def now_ms(self) -> int:
        """Exact to half of the shortest of three round trips."""
        if time.monotonic() - self._measured_at > MEASURED_EACH_SECONDS:
            self._measure()
        return int(time.monotonic() * 1000 + self._offset_ms)

    def _measure(self) -> None:
        shortest = float("inf")
        for _ in range(ROUNDS):
            before = time.monotonic()
            row = self._connection.execute(raw(f"SELECT {NOW_MS}")).fetchone()
            after = time.monotonic()
            if row and after - before < shortest:
                shortest = after - before
                # The server's whole milliseconds: half of one has passed on average.
                self._offset_ms = row[0] + 0.5 - (before + after) * 500
        self._measured_at = time.monotonic()
