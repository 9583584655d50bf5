"""Which buckets are handed over next: a canary of one, then a tenth, then all (PROTOCOL 5.1).

A wave is handed over in chunks, so that no write waits for more than its own chunk's journal; a chunk whose pause was
too long makes the next one smaller.
"""

from collections.abc import Sequence

from migrations_app.engine.ports import RouteRecord
from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.handlers.session.zero_downtime.publishing import buckets_in

WAVES = (1, 26, 256)  # buckets that the new store serves after each wave
CHUNK = 64  # buckets, at most
SMALLEST_CHUNK = 4


def wave_of(record: RouteRecord) -> int:
    """How many waves are complete."""
    served = len(buckets_in(record, RoutePhase.DUAL_B))
    return sum(served >= size for size in WAVES)


def next_chunk(record: RouteRecord, size: int = CHUNK) -> Sequence[int]:
    """The next buckets of the wave under way, at most `size`; empty when the new store serves all."""
    left = buckets_in(record, RoutePhase.DUAL_A)
    served = len(buckets_in(record, RoutePhase.DUAL_B))
    wanted = next((size for size in WAVES if size > served), served)
    return left[: min(size, wanted - served)]


def size_after(size: int, paused_ms: int, target_ms: int) -> int:
    """How many buckets the next chunk has: half after a pause above the target, twice after one below half of it."""
    if paused_ms > target_ms:
        return max(SMALLEST_CHUNK, size // 2)
    return min(CHUNK, size * 2) if paused_ms < target_ms / 2 else size
