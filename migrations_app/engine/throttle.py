"""How fast a copy may go: slower when the stores it touches get slow, faster again when they recover.

A small increase, a large decrease, as TCP does it: a pure state that is told what a batch cost and answers with the
pause before the next one. A store's usual latency is the mean of many batches, and how it is of late that of the last
few: neither one slow batch nor a busy machine is a store that suffers. Batches get smaller with a target that takes
longer, for whoever else writes there may have to wait for one of them.
"""

from dataclasses import dataclass

SLOW = 3.0  # times the usual time a record takes: then the store suffers
FASTER = 1.10
SLOWER = 0.5
LEAST_RATE = 200.0  # records a second; a copy never stands still
FIRST_RATE = 4_000.0
MOST_RATE = 1_000_000.0
USUAL, RECENT = 0.02, 0.3  # the weight of the newest batch in what is usual, and in what a store is like of late
HELD_SECONDS = 0.05  # how long the target should need for a batch
LEAST_SIZE = 250


@dataclass(slots=True)
class Throttle:
    """`rate` is in records a second. `most_lag_ms`: a relay that is further behind than this comes first."""

    most_lag_ms: float
    rate: float = FIRST_RATE
    because: str = ""
    _usual_source_us: float = 0.0
    _usual_target_us: float = 0.0
    _source_us: float = 0.0
    _target_us: float = 0.0

    def size(self, most: int) -> int:
        """How many records the next batch should have."""
        if not self._target_us:
            return most
        return min(most, max(LEAST_SIZE, int(HELD_SECONDS * 1e6 / self._target_us)))

    def after(
        self, records: int, *, source_seconds: float, target_seconds: float, lag_ms: float = 0.0, most_a_second: int = 0
    ) -> float:
        """Seconds to wait before the next batch. `most_a_second` is a person's limit (0: none)."""
        if records:
            self._learn(records, source_seconds, target_seconds)
            self.because = self._complaint(lag_ms)
            self.rate = max(LEAST_RATE, self.rate * SLOWER) if self.because else min(MOST_RATE, self.rate * FASTER)
        rate = min(self.rate, float(most_a_second)) if most_a_second else self.rate
        return max(0.0, records / rate - source_seconds - target_seconds)

    def _learn(self, records: int, source_seconds: float, target_seconds: float) -> None:
        source, target = source_seconds * 1e6 / records, target_seconds * 1e6 / records
        self._usual_source_us = _mean(self._usual_source_us, source, USUAL)
        self._usual_target_us = _mean(self._usual_target_us, target, USUAL)
        self._source_us = _mean(self._source_us, source, RECENT)
        self._target_us = _mean(self._target_us, target, RECENT)

    def _complaint(self, lag_ms: float) -> str:
        if lag_ms > self.most_lag_ms:
            return f"the relay is {lag_ms:.0f} ms behind"
        if self._source_us > SLOW * self._usual_source_us:
            return "the source got slow"
        if self._target_us > SLOW * self._usual_target_us:
            return "the target got slow"
        return ""


def _mean(before: float, newest: float, weight: float) -> float:
    """Exponentially weighted; 0: nothing is known yet."""
    return before + weight * (newest - before) if before else newest
