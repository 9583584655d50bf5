"""What a router counts, for the lease that its process renews and for the service's own metrics.

Each thread counts by itself, without a lock; a report adds the threads up.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

HIGHEST = ("max_", "slowest_", "p99_")  # counters of several routers that are not added up
KEPT = 512  # added latencies, of each thread: enough for a p99, and bounded


@dataclass(slots=True)
class Tally:
    """One thread's counts. Latencies are nanoseconds that routing added to the store's own time, waits included.

    `acked` holds the highest seq that a store minted for a write of ours, by side.
    """

    operations: int = 0
    errors: int = 0
    fenced: int = 0
    retries: int = 0
    slowest_ns: int = 0
    recent_ns: list[int] = field(default_factory=list)
    acked: dict[str, int] = field(default_factory=dict)

    def add(self, added_ns: int) -> None:
        """One operation came to its end."""
        if len(self.recent_ns) < KEPT:
            self.recent_ns.append(added_ns)
        else:
            self.recent_ns[self.operations % KEPT] = added_ns
        self.operations += 1
        if added_ns > self.slowest_ns:
            self.slowest_ns = added_ns

    def acknowledge(self, side: str, seq: int) -> None:
        if seq > self.acked.get(side, 0):
            self.acked[side] = seq

    def absorb(self, other: "Tally") -> None:
        """Take over what a thread that has ended counted, but for its latest latencies."""
        self.operations += other.operations
        self.errors += other.errors
        self.fenced += other.fenced
        self.retries += other.retries
        self.slowest_ns = max(self.slowest_ns, other.slowest_ns)
        for side, seq in tuple(other.acked.items()):
            self.acknowledge(side, seq)


def counters(tallies: Iterable[Tally]) -> dict[str, int]:
    """As a lease reports them: `slowest_us` since the start, `p99_us` over the latest operations of each thread,
    `max_acked_seq_<side>` where a store minted versions."""
    total, recent = Tally(), list[int]()
    for tally in tallies:
        total.absorb(tally)
        recent += tuple(tally.recent_ns)
    recent.sort()
    p99 = recent[min(len(recent) - 1, len(recent) * 99 // 100)] if recent else 0
    return {
        "operations": total.operations,
        "errors": total.errors,
        "fenced": total.fenced,
        "retries": total.retries,
        "slowest_us": total.slowest_ns // 1000,
        "p99_us": p99 // 1000,
        **{f"max_acked_seq_{side}": seq for side, seq in sorted(total.acked.items())},
    }


def merged(reports: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """What several routers, or a router and its service, report through one lease."""
    merged: dict[str, int] = {}
    for report in reports:
        for name, value in report.items():
            before = merged.get(name, 0)
            merged[name] = max(before, value) if name.startswith(HIGHEST) else before + value
    return merged
