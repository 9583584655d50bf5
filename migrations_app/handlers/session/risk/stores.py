"""What is particular about the two stores and the way to them. One function a rule."""

from collections.abc import Mapping, Sequence
from typing import Any

from migrations_app.engine.handler import RiskCase, RiskRule
from migrations_app.engine.plan import Finding
from migrations_app.handlers.session.parameters import SOURCE, TARGET
from migrations_app.stores.sessions import fence_class
from migrations_app.stores.sessions.base import FenceClass

SLOW_US = 5_000
SKEW_MS = 1_000
SAFE_POLICIES = ("", "noeviction")
WITH_TLS = ("redis", "postgres")  # an unencrypted node is among the warnings of its own look
OTHERS = 1_000
LAG_MS = 1_000


def eviction(case: RiskCase) -> Sequence[Finding]:
    policy = str(case.analysis.target_state.get("eviction_policy", ""))
    if policy in SAFE_POLICIES:
        return ()
    return (
        Finding(
            "session.eviction",
            "The target may drop sessions",
            f"maxmemory-policy of “{case.spec.targets[TARGET].name}” is {policy}",
            20,
            "When its memory is full, the store deletes sessions that are still alive, without a word.",
            "Set maxmemory-policy to noeviction on the target.",
        ),
    )


def latency(case: RiskCase) -> Sequence[Finding]:
    slowest = max(case.analysis.source_state.get("latency_us", 0), case.analysis.target_state.get("latency_us", 0))
    if slowest <= SLOW_US:
        return ()
    return (
        Finding(
            "session.latency",
            "A store is slow to answer",
            f"a round trip takes {slowest} microseconds",
            6,
            "Every batch waits for several round trips, also while writes wait at the switch.",
            "Run the workers nearer to both stores, or raise the batch size.",
        ),
    )


def clocks(case: RiskCase) -> Sequence[Finding]:
    skews = [state.get("clock_skew_ms", 0) for state in (case.analysis.source_state, case.analysis.target_state)]
    apart = max(abs(skews[0] - skews[1]), *map(abs, skews))
    if apart <= SKEW_MS:
        return ()
    return (
        Finding(
            "session.clocks",
            "The clocks differ",
            f"the clocks are {apart} ms apart",
            10,
            "A session ends when the store's own clock says so; after the switch that is another clock.",
            "Synchronise the clocks of both stores.",
        ),
    )


def unencrypted(case: RiskCase) -> Sequence[Finding]:
    open_ways = [
        f"“{target.name}” ({target.config['host']})"
        for target in (case.spec.targets[SOURCE], case.spec.targets[TARGET])
        if target.config.get("store") in WITH_TLS and not target.config.get("tls") and not is_local(target.config)
    ]
    if not open_ways:
        return ()
    return (
        Finding(
            "session.unencrypted",
            "Sessions travel unencrypted",
            f"reached without TLS: {' and '.join(open_ways)}",
            6,
            "A session's id is all it takes to be somebody; whoever listens on the way reads every one of them.",
            "Turn TLS on in the store, and “tls” on its target's page.",
        ),
    )


def is_local(config: Mapping[str, Any]) -> bool:
    """A Unix socket, or a host that is this machine."""
    host = str(config.get("host", "")).strip("[]")
    return host.startswith(("/", "127.")) or host in ("localhost", "::1")


def shared_target(case: RiskCase) -> Sequence[Finding]:
    others = case.analysis.target_state.get("other_records", 0)
    if others < OTHERS:
        return ()
    return (
        Finding(
            "session.shared_target",
            "The target holds other things too",
            f"about {others} records in “{case.spec.targets[TARGET].name}” are no sessions of this target",
            5,
            "The copy slows down whoever uses them, and their growth takes the room that sessions need.",
            "Give the sessions a server or a database of their own.",
        ),
    )


def replica(case: RiskCase) -> Sequence[Finding]:
    if not case.analysis.source_state.get("replica"):
        return ()
    return (
        Finding(
            "session.replica",
            "The source is a replica",
            f"“{case.spec.targets[SOURCE].name}” follows another server, which is written to",
            12,
            "What the primary has not passed on yet is not seen by the comparison, and so is not moved.",
            "Name the primary in the source target.",
        ),
    )


def replica_lag(case: RiskCase) -> Sequence[Finding]:
    behind = [
        f"“{state['name']}” by {state['replica_lag_ms']} ms"
        for state in (case.analysis.source_state, case.analysis.target_state)
        if state.get("replica_lag_ms", 0) > LAG_MS
    ]
    if not behind:
        return ()
    return (
        Finding(
            "session.replica_lag",
            "Replication is behind",
            f"replicas are behind: {' and '.join(behind)}",
            6,
            "A copy makes it worse, and should the primary fail meanwhile, its replica lacks what was written lately.",
            "Wait until the replicas are level, or copy more slowly.",
        ),
    )


def durability(case: RiskCase) -> Sequence[Finding]:
    source, target = (state.get("durable") for state in (case.analysis.source_state, case.analysis.target_state))
    if target is not False or source is False:
        return ()
    return (
        Finding(
            "session.durability",
            "The target may lose what it acknowledged",
            f"“{case.spec.targets[TARGET].name}” does not put each change on disk",
            5,
            "When it is restarted, sessions of the last minutes or all of them are gone.",
            "Set appendonly to yes in Redis, or fsync to on in PostgreSQL.",
        ),
    )


def no_fences(case: RiskCase) -> Sequence[Finding]:
    fences = fence_class(case.spec.targets[TARGET].config)
    if fences is FenceClass.NATIVE:
        return ()
    return (
        Finding(
            "session.no_fences",
            "The target cannot keep late writers out",
            f"“{case.spec.targets[TARGET].name}” has no fences of its own (class {fences})",
            5,
            "A worker that was cut off and comes back could write once more; only its lease keeps it from that.",
            "Let nobody else write there until the run has ended.",
        ),
    )


RULES: tuple[RiskRule, ...] = (
    eviction,
    latency,
    clocks,
    unencrypted,
    shared_target,
    replica,
    replica_lag,
    durability,
    no_fences,
)
