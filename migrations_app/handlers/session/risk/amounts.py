"""How much is to be moved, and whether there is time and room for it. One function a rule."""

from collections.abc import Sequence

from migrations_app.engine.handler import RiskCase, RiskRule
from migrations_app.engine.plan import Finding
from migrations_app.handlers.session.steps import SESSIONS_A_SECOND

MANY = 100_000
VERY_MANY = 1_000_000
LONG_PAUSE_SECONDS = 5
LARGE_BYTES = 1 << 30
VERY_LARGE_BYTES = 10 << 30
LARGE_VALUE_BYTES = 100_000
ROOM_ON_THE_MACHINE = 4


def amount(case: RiskCase) -> Sequence[Finding]:
    sessions = case.analysis.sizes.get("sessions", 0)
    if sessions < MANY:
        return ()
    return (
        Finding(
            "session.amount",
            "Many sessions",
            f"{sessions} sessions are to be moved",
            15 if sessions >= VERY_MANY else 8,
            "The longer the copy runs, the more can happen to either store meanwhile.",
            "Let old sessions expire first, or move at a quiet time.",
        ),
    )


def room(case: RiskCase) -> Sequence[Finding]:
    free, needed = case.analysis.target_state.get("free_bytes"), case.analysis.sizes.get("bytes", 0)
    if free is None or free >= 2 * needed:
        return ()
    return (
        Finding(
            "session.room",
            "The target has little room",
            f"{free} bytes free, about {needed} needed",
            12,
            "A store that fills up refuses writes in the middle of the copy, or right after the switch.",
            "Give the target at least twice the room that the sessions need.",
        ),
    )


def write_pause(case: RiskCase) -> Sequence[Finding]:
    if case.spec.options.get("zero_downtime"):
        return ()
    # Levelling reads both stores once, verifying once more, both at the pace of the copy.
    seconds = (
        2 * case.analysis.sizes.get("sessions", 0) // SESSIONS_A_SECOND + case.spec.parameters["settle_ms"] // 1000
    )
    if seconds <= LONG_PAUSE_SECONDS:
        return ()
    return (
        Finding(
            "session.write_pause",
            "Writes wait for long",
            f"writes wait for about {seconds} s at the switch",
            min(20, 5 + seconds // 10),
            "Requests that write a session are held back until everything is verified.",
            "Move at a quiet time, or let old sessions expire first.",
        ),
    )


def copy_seconds(case: RiskCase) -> int:
    """As the plan estimates its copy, which past runs make truer."""
    copying = [step.estimated_seconds for step in case.steps if step.partitioned]
    return max(copying) if copying else case.analysis.sizes.get("sessions", 0) // SESSIONS_A_SECOND


def short_lived(case: RiskCase) -> Sequence[Finding]:
    shortest = case.analysis.source_state.get("sample", {}).get("shortest_left_ms", -1)
    copy_ms = 1000 * copy_seconds(case)
    if not 0 <= shortest < copy_ms:
        return ()
    return (
        Finding(
            "session.short_lived",
            "Sessions end during the copy",
            f"the shortest has {shortest} ms left, the copy takes about {copy_ms} ms",
            2,
            "They are not copied, or end on both sides; a wrong clock would show here first.",
            "Nothing needs to be done while the clocks agree.",
        ),
    )


def volume(case: RiskCase) -> Sequence[Finding]:
    size = case.analysis.sizes.get("bytes", 0)
    if size < LARGE_BYTES:
        return ()
    return (
        Finding(
            "session.volume",
            "Much data",
            f"about {size >> 20} MiB are to be moved, by a sample",
            10 if size >= VERY_LARGE_BYTES else 6,
            "Both stores, the network between them and the backup carry all of it beside their usual work.",
            "Let old sessions expire first, or keep less in a session.",
        ),
    )


def large_values(case: RiskCase) -> Sequence[Finding]:
    mean = case.analysis.source_state.get("mean_bytes", 0)
    if mean < LARGE_VALUE_BYTES:
        return ()
    return (
        Finding(
            "session.large_values",
            "Sessions are large",
            f"a sampled session has {mean} bytes on average",
            4,
            "Each one takes its time on the network, also while writes wait at the switch.",
            "Lower “batch_size”, so that a batch stays short.",
        ),
    )


def memory(case: RiskCase) -> Sequence[Finding]:
    """Where the store has a limit of its own, `room` looks at that."""
    free, needed = case.analysis.target_state.get("machine_free_bytes"), case.analysis.sizes.get("bytes", 0)
    if free is None or free >= ROOM_ON_THE_MACHINE * needed:
        return ()
    return (
        Finding(
            "session.memory",
            "Little free memory on the target's machine",
            f"the store has no limit; its machine has {free >> 20} MiB left, about {needed >> 20} MiB are needed",
            10,
            "When a machine has no memory left, its system ends processes, and the store is the largest.",
            "Give the machine more memory, and the store a limit (maxmemory) with noeviction.",
        ),
    )


RULES: tuple[RiskRule, ...] = (
    amount,
    room,
    write_pause,
    short_lived,
    volume,
    large_values,
    memory,
)
