"""One migration under clients, for `benchmarks.hand_over`: there, back after many writes, there again.

Played with the rig of the fault tests: real processes and servers, and judges that read the stores by plain clients.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from migrations_app.stores.routed.base import bucket_of
from migrations_app.testing.histories import Action, Operation, Outcome, by_session
from tests.faults.zero_downtime.journey import Journey, first_value
from tests.faults.zero_downtime.oracles import audited, level, linearizable, lost_and_risen, untouched
from tests.faults.zero_downtime.rig import Rig
from tests.faults.zero_downtime.stage import stage
from tests.faults.zero_downtime.traffic import Summary

CLIENTS = 8
PACED = 25.0  # operations a second of each client: 200 in all
STRETCH_SECONDS = 15.0
LONGEST_SECONDS = 1800.0
RUSH_SECONDS = 120.0
BRIEF_MS = 3000
BRIEF_TOLERANCE_NS = 100_000_000
WRITES = (Action.SET, Action.UPDATE, Action.TOUCH, Action.DELETE)


@dataclass(slots=True)
class Stretches:
    """Named stretches of the run, in nanoseconds of the histories' clock: (began, ended)."""

    named: dict[str, tuple[int, int]] = field(default_factory=dict)

    def pass_in(self, name: str, act: Callable[[], object]) -> None:
        began = time.monotonic_ns()
        act()
        self.named[name] = (began, time.monotonic_ns())

    def seconds(self, name: str) -> float:
        began, ended = self.named[name]
        return round((ended - began) / 1e9, 1)

    def of(self, name: str, operations: Iterable[Operation]) -> list[Operation]:
        began, ended = self.named[name]
        return [each for each in operations if began <= each.invoked_at_ns < ended and each.returned_at_ns is not None]


def play(rig: Rig, source: str, target: str, *, sessions: int, writes: int, pause_target_ms: int) -> dict[str, Any]:
    """The figures of one trial. `sessions` in all, a fifth of them used by clients; the way back begins after that many
    acknowledged `writes`. What the judges found wrong is in `rig.problems`.
    """
    passed = Stretches()
    failed = 0
    size: dict[str, Any] = {"quiet": sessions - sessions // 5, "busy": sessions // 5, "batch_size": 1000}
    plan: dict[str, Any] = {"pause_target_ms": pause_target_ms, "soak_ms": 3_600_000}
    with stage(rig) as at, at.journey(source, target, **size, **plan) as journey:
        _start(journey, "paced", PACED)
        passed.pass_in("plain", lambda: rig.watch(STRETCH_SECONDS))
        journey.execute()
        passed.pass_in("copy", lambda: journey.until_dual(LONGEST_SECONDS))
        passed.pass_in("dual", lambda: rig.watch(STRETCH_SECONDS))
        passed.pass_in("over, paced", lambda: journey.over(LONGEST_SECONDS))
        passed.pass_in("back, paced", lambda: journey.back(LONGEST_SECONDS))
        passed.pass_in("over again, paced", lambda: journey.over(LONGEST_SECONDS))
        failed += _stop(journey)
        _start(journey, "fast", 0)
        passed.pass_in("served", lambda: _write_much(rig, journey, writes))
        passed.pass_in("back, as fast as they can", lambda: journey.back(LONGEST_SECONDS))
        kept_closed = _over_or_why_not(passed, journey)
        failed += _stop(journey)
        if kept_closed:
            _start(journey, "calm", PACED)
            passed.pass_in("over, paced after the rush", lambda: journey.over(LONGEST_SECONDS))
        rig.watch(STRETCH_SECONDS)
        failed += _stop(journey) if kept_closed else 0
        operations = journey.traffic.operations()
        acked = [each for each in operations if each.action in WRITES and each.outcome is Outcome.OK]
        return {
            "operations": len(operations),
            "acknowledged_writes": len(acked),
            "writes_before_the_way_back": len(passed.of("served", acked)),
            "failed_requests": failed,
            "kept_closed": kept_closed,
            **_judge(rig, journey, operations),
            **_latencies(passed, operations),
            "pauses": {
                name: _pauses(passed.of(name, acked)) for name in passed.named if "over" in name or "back" in name
            },
            "seconds": {name: passed.seconds(name) for name in passed.named},
        }


def _over_or_why_not(passed: Stretches, journey: Journey) -> dict[str, str]:
    """Closed-loop clients take whatever the machine has, the relay's share too: then the gate on its lag stays closed,
    which is what it is for. The gates that were closed, none when it was handed over.
    """
    try:
        passed.pass_in("over, as fast as they can", lambda: journey.over(RUSH_SECONDS))
    except TimeoutError:
        return journey.closed_gates() or {"?": "not all buckets were handed over in time"}
    return {}


def _start(journey: Journey, name: str, rate: float) -> None:
    """Seven clients on the busy sessions, one on sessions of a short life.

    As fast as they can they give way to the others: they stand for other machines, and would else take the relay's
    share of these cores.
    """
    journey.traffic.start(journey.busy, clients=CLIENTS - 1, rate=rate, name=name, niceness=0 if rate else 15)
    brief = [f"brief:{number:04d}" for number in range(100)]
    mix = {"set": 1, "get": 3}
    journey.traffic.start(brief, clients=1, rate=rate or 100, name=f"{name}-brief", mix=mix, ttl_ms=BRIEF_MS)


def _stop(journey: Journey) -> int:
    """How many requests failed."""
    summary: Summary = journey.traffic.stop()
    journey.rig.expect(not summary.failed, f"requests failed: {dict(summary.failed)} {sorted(summary.messages)[:3]}")
    return summary.failed.total()


def _write_much(rig: Rig, journey: Journey, writes: int) -> None:
    done = -1
    while done < writes:
        rig.watch(STRETCH_SECONDS)
        fast = [each for each in journey.traffic.operations() if each.process.startswith("fast")]
        done = sum(each.action in WRITES and each.outcome is Outcome.OK for each in fast)


def _judge(rig: Rig, journey: Journey, operations: Sequence[Operation]) -> dict[str, int]:
    journey.drained(120)
    brief: list[Operation] = []
    used: list[Operation] = []
    for each in operations:
        (brief if each.session.startswith("brief:") else used).append(each)
    first = {name: first_value(name) for name in journey.busy}
    a, b = journey.a.contents(), journey.b.contents()
    serving = b if journey.record.authority == "b" else a
    outcome = lost_and_risen(used, serving, first)
    missing = journey.first.keys() - serving.keys() - {each.session for each in used}
    problems = [*linearizable(used, first), *untouched(serving, journey.first, journey.quiet), *level(a, b), *audited()]
    problems += [*outcome.lost[:3], *outcome.resurrected[:3]]
    for problem in problems:
        rig.expect(False, problem)
    return {
        "lost": len(outcome.lost),
        "resurrected": len(outcome.resurrected),
        "missing": len(missing),
        "expired_visible": sum(_seen_late(history) for history in by_session(brief).values()),
        "brief_reads": sum(each.action is Action.GET for each in brief),
    }


def _seen_late(history: Sequence[Operation]) -> int:
    """Reads that saw a session although every write that may have renewed it had run out before they began."""
    ends = 0
    seen = 0
    for each in sorted(history, key=lambda operation: operation.invoked_at_ns):
        if each.action is Action.GET:
            seen += int(each.value is not None and each.invoked_at_ns > ends + BRIEF_TOLERANCE_NS)
        elif each.outcome is not Outcome.FAIL:
            ends = max(ends, (each.returned_at_ns or each.invoked_at_ns) + BRIEF_MS * 1_000_000)
    return seen


def _latencies(passed: Stretches, operations: Sequence[Operation]) -> dict[str, float]:
    """p99 in ms at the paced rate, before the migration and while both stores are kept level."""
    plain, dual = (
        percentile(map(milliseconds, (each for each in passed.of(name, operations))), 0.99)
        for name in ("plain", "dual")
    )
    return {"p99_plain_ms": round(plain, 2), "p99_dual_ms": round(dual, 2), "added_p99_ms": round(dual - plain, 2)}


def _pauses(writes: Sequence[Operation]) -> dict[str, float]:
    """Over the buckets: the longest that a write to it took, in ms; a pause that met a write is no longer than it."""
    longest: dict[int, float] = defaultdict(float)
    for each in writes:
        bucket = bucket_of(each.session)
        longest[bucket] = max(longest[bucket], milliseconds(each))
    values = longest.values()
    return {
        "p50_ms": round(percentile(values, 0.50), 1),
        "p99_ms": round(percentile(values, 0.99), 1),
        "longest_ms": round(max(values, default=0.0), 1),
        "buckets": len(longest),
        "writes": len(writes),
    }


def milliseconds(operation: Operation) -> float:
    assert operation.returned_at_ns is not None
    return (operation.returned_at_ns - operation.invoked_at_ns) / 1e6


def percentile(values: Iterable[float], share: float) -> float:
    """Nearest rank; 0 for no values."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))] if ranked else 0.0
