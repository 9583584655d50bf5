"""What must hold after every run, over histories, stores and the control database (PROTOCOL 6, O1 to O8).

Each oracle says what is wrong as text, nothing when it holds; `judge` asks all of them about a journey.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from migrations_app.services import proving
from migrations_app.testing.histories import Action, Operation, Outcome, by_session
from migrations_app.testing.linearizability import Register, check
from tests.faults.zero_downtime.client import unpacked
from tests.faults.zero_downtime.journey import Journey, first_value
from tests.faults.zero_downtime.places import Contents
from tests.faults.zero_downtime.plane import now

NAMED_AT_MOST = 3
TOLERANCE_MS = 1000


@dataclass(frozen=True, slots=True)
class Lost:
    """Sessions whose last acknowledged write is not what the serving store holds; and deleted ones that it holds."""

    lost: tuple[str, ...]
    resurrected: tuple[str, ...]


def linearizable(operations: Sequence[Operation], first: Mapping[str, str], grace_ns: int = 0) -> Iterator[str]:
    """O1. `first`: what the sessions held before."""
    initial = {session: Register(value) for session, value in first.items()}
    report = check(operations, initial=initial, grace_ns=grace_ns)
    for violation in report.violations[:NAMED_AT_MOST]:
        yield f"O1 not linearizable: {violation.describe()}"
    if more := len(report.violations) - NAMED_AT_MOST:
        yield from [f"O1 {more} more sessions are not linearizable"] if more > 0 else []
    if report.undecided:
        yield f"O1 {len(report.undecided)} session(s) could not be decided"


def lost_and_risen(operations: Iterable[Operation], held: Contents, first: Mapping[str, str]) -> Lost:
    """O2 and O3, for sessions that have no deadline within the run: what the serving store holds in the end must be
    something that a write which may have been the last one left there."""
    lost: list[str] = []
    risen: list[str] = []
    for session, history in by_session(operations).items():
        possible = last_values(history, first.get(session))
        found = unpacked(held[session].value) if session in held else None
        if found in possible:
            continue
        (lost if found is None or None not in possible else risen).append(f"{session}: {found!r} not in {possible}")
    return Lost(tuple(lost), tuple(risen))


def last_values(history: Sequence[Operation], first: str | None) -> set[str | None]:
    """What may be there after the last operation: the effect of each write that no other certainly came after."""
    writes = [each for each in history if each.action in (Action.SET, Action.UPDATE, Action.DELETE)]
    writes = [each for each in writes if each.outcome is not Outcome.FAIL]
    certain = [each for each in writes if each.outcome is Outcome.OK]
    latest = max((each.invoked_at_ns for each in certain), default=None)
    possible: set[str | None] = {first} if latest is None else set()
    for each in writes:
        ended = each.returned_at_ns if each.outcome is Outcome.OK else None
        if latest is None or ended is None or ended >= latest:
            possible.add(None if each.action is Action.DELETE else each.value)
    return possible


def untouched(held: Contents, first: Contents, ids: Iterable[str]) -> Iterator[str]:
    """O4 for sessions that nobody used: all there, values and deadlines as they were."""
    wrong = [name for name in ids if name not in held or held[name].value != first[name].value]
    late = [name for name in ids if name in held and not _close(held[name].deadline, first[name].deadline)]
    if wrong:
        yield f"O4 {len(wrong)} session(s) that nobody used are missing or changed, such as {wrong[0]}"
    if late:
        yield f"O4 {len(late)} session(s) that nobody used have another deadline, such as {late[0]}"


def level(a: Contents, b: Contents) -> Iterator[str]:
    """O5: both hold the same, value by value and deadline by deadline, in both directions."""
    only_a, only_b = sorted(a.keys() - b.keys()), sorted(b.keys() - a.keys())
    values = sorted(name for name in a.keys() & b.keys() if a[name].value != b[name].value)
    deadlines = sorted(name for name in a.keys() & b.keys() if not _close(a[name].deadline, b[name].deadline))
    for what, names in (("only on a", only_a), ("only on b", only_b), ("value", values), ("deadline", deadlines)):
        if names:
            yield f"O5 {len(names)} session(s) differ ({what}), such as {names[0]}"


def audited() -> Iterator[str]:
    """O7: the hash chain is whole."""
    verified = proving.verify_chain(now=now())
    if not verified.ok:
        yield f"O7 the audit chain is broken: {verified.problem}"


def judge(journey: Journey, *, failed: int | None = 0, both: bool = True, stopped: Callable[[], object] = bool) -> None:
    """Stop the clients and ask all. `failed`: so many requests may have failed (None: any number).

    `both`: the route still has two stores, which must then be level with empty journals (O5, O6). `stopped` is called
    once no client is at work any more.
    """
    rig = journey.rig
    summary = journey.traffic.stop()
    stopped()
    operations = journey.traffic.operations()
    first = {name: first_value(name) for name in journey.busy}
    rig.add(operations=len(operations), failed=summary.failed.total(), fenced=summary.fenced)
    rig.most(slowest_ms=summary.slowest_ms)
    rig.add(unknown=sum(each.outcome is Outcome.UNKNOWN for each in operations))
    if failed is not None:
        rig.expect(
            summary.failed.total() <= failed,
            f"{summary.failed.total()} requests failed ({dict(summary.failed)}): {sorted(summary.messages)[:3]}",
        )
    rig.expect(len(operations) > 0, "O8 the clients did nothing")
    for problem in linearizable(operations, first):
        rig.expect(False, problem)
    if both:
        journey.drained()
    a, b = journey.a.contents(), journey.b.contents()
    serving = b if journey.record.authority == "b" else a
    outcome = lost_and_risen(operations, serving, first)
    rig.add(lost=len(outcome.lost), resurrected=len(outcome.resurrected))
    rig.expect(not outcome.lost, f"O2 {len(outcome.lost)} acknowledged write(s) lost: {outcome.lost[:3]}")
    rig.expect(
        not outcome.resurrected, f"O3 {len(outcome.resurrected)} session(s) rose again: {outcome.resurrected[:3]}"
    )
    problems = [*untouched(serving, journey.first, journey.quiet), *(level(a, b) if both else ()), *audited()]
    for problem in problems:
        rig.expect(False, problem)


def _close(one: int | None, other: int | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) <= TOLERANCE_MS
