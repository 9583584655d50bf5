"""The lease of one client process (PROTOCOL 5.4): how long its last renewal may be believed."""

import math
import time

LEASE_SECONDS = 10.0


class Lease:
    """Its end is measured on the monotonic clock, from before the request that renewed it was sent."""

    def __init__(self, seconds: float = LEASE_SECONDS) -> None:
        self.seconds = seconds
        self.ends = -math.inf

    @property
    def renew_seconds(self) -> float:
        return self.seconds / 3

    @staticmethod
    def asked_at() -> float:
        """Take it before the request is sent."""
        return time.monotonic()

    def renewed(self, asked_at: float) -> None:
        """The control plane has answered the request that was sent at `asked_at`."""
        self.ends = max(self.ends, asked_at + self.seconds)
