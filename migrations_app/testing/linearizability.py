"""Whether a recorded history is one of a register that changes atomically, session by session (PROTOCOL 5.8, I2).

The search of Wing and Gong with Lowe's two improvements ("Testing for linearizability", 2017): operations take effect
as late as possible (only when one returns must it, and what had to come before it, have happened), and a set of
configurations (who has happened, what the register then holds) is walked once. It goes over the events of a session
in order, without recursion, and its memory is the set of configurations that are possible at one instant.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from migrations_app.testing.histories import Action, Operation, Outcome, by_session

MOST_CONFIGURATIONS = 200_000
_SHRUNK_BELOW = 400
_MOST_BEGINNINGS = 5_000


class Register(NamedTuple):
    """What a session holds; `deadline_ns` None: it does not expire, as far as was recorded."""

    value: str | None
    deadline_ns: int | None = None


EMPTY = Register(None)


class _Configuration(NamedTuple):
    happened: int  # bit n: the operation in slot n, which has not returned yet, has taken effect
    register: Register


@dataclass(frozen=True, slots=True)
class Violation:
    """`operation` cannot have done what it says, whatever the order; `window`: a short stretch of the session's
    history that has no explanation by itself, whatever was there before it. `possible`: what the session may have
    held before `operation` took effect.
    """

    session: str
    operation: Operation
    window: tuple[Operation, ...]
    possible: tuple[str | None, ...]

    def describe(self) -> str:
        """For people; the session by a fingerprint, times in microseconds from the window's first."""
        first = min(each.invoked_at_ns for each in self.window)
        lines = [f"session {fingerprint(self.session)}: possible before were {', '.join(map(repr, self.possible))}"]
        lines += [_line(each, first, marked=each == self.operation) for each in self.window]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Report:
    """`undecided`: sessions (fingerprints) whose search grew beyond `MOST_CONFIGURATIONS`; neither good nor bad."""

    sessions: int
    operations: int
    unknown: int
    violations: tuple[Violation, ...]
    undecided: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        return not self.violations and not self.undecided


class TooManyConfigurations(Exception):
    """The session has too many operations of unknown outcome at once to be decided."""


def fingerprint(session: str) -> str:
    return hashlib.sha256(session.encode()).hexdigest()[:12]


def check(
    operations: Iterable[Operation], *, initial: Mapping[str, Register] | None = None, grace_ns: int = 0
) -> Report:
    """Every session by itself. `initial`: what was there before (default: nothing).

    Refused operations have no effect; those of unknown outcome may take effect at any time after their invocation,
    or never. A session may be found missing only where its deadline could have passed, and found alive only where it
    could still be ahead; `grace_ns` is how far clocks and stores may be off.
    """
    sessions = by_session(operations)
    violations, undecided, total, unknown = [], [], 0, 0
    for session, history in sessions.items():
        total += len(history)
        unknown += sum(each.outcome is Outcome.UNKNOWN for each in history)
        try:
            found = check_session(history, (initial or {}).get(session, EMPTY), grace_ns)
        except TooManyConfigurations:
            undecided.append(fingerprint(session))
        else:
            if found is not None:
                violations.append(found)
    return Report(len(sessions), total, unknown, tuple(violations), tuple(undecided))


def check_session(history: Sequence[Operation], initial: Register = EMPTY, grace_ns: int = 0) -> Violation | None:
    """The first operation of one session that has no place in any order. Raises TooManyConfigurations."""
    counted = _that_count(history)
    failed = _search(counted, {initial}, grace_ns)
    if failed is None:
        return None
    operation, possible = failed
    seen = [each for each in counted if each.invoked_at_ns <= _end(operation)]
    window = _window(seen, operation, grace_ns) if len(seen) <= _SHRUNK_BELOW else seen
    return Violation(operation.session, operation, tuple(window), possible)


def _that_count(history: Sequence[Operation]) -> list[Operation]:
    """By invocation, without what cannot matter: refused calls, reads of unknown outcome, and writes of unknown
    outcome that nobody can have seen."""
    observed = {each.value for each in history if each.action is Action.GET and each.outcome is Outcome.OK}
    observed |= {each.expected for each in history if each.action is Action.UPDATE}
    blind = any(each.found for each in history)
    timed = any(each.deadline_ns is not None for each in history)

    def counts(each: Operation) -> bool:
        if each.outcome is not Outcome.UNKNOWN:
            return each.outcome is Outcome.OK
        if each.action is Action.GET or (each.action is Action.TOUCH and not timed):
            return False
        return blind or each.action not in {Action.SET, Action.UPDATE} or each.value in observed

    return sorted(
        (
            each if each.outcome is Outcome.OK else replace(each, returned_at_ns=None)
            for each in history
            if counts(each)
        ),
        key=lambda each: each.invoked_at_ns,
    )


def _end(operation: Operation) -> int:
    return operation.invoked_at_ns if operation.returned_at_ns is None else operation.returned_at_ns


def _events(history: Sequence[Operation]) -> list[tuple[int, int, int]]:
    """(time, 0 for an invocation or 1 for a return, index); at one instant invocations come first: they overlap."""
    events = [(each.invoked_at_ns, 0, index) for index, each in enumerate(history)]
    events += [(each.returned_at_ns, 1, index) for index, each in enumerate(history) if each.returned_at_ns is not None]
    events.sort()
    return events


def _search(
    history: Sequence[Operation], initial: Iterable[Register], grace_ns: int
) -> tuple[Operation, tuple[str | None, ...]] | None:
    """None when every operation has a place, else the first to return without one, and what there was before it."""
    possible = {_Configuration(0, register) for register in initial}
    slots: dict[int, int] = {}  # index of an operation under way -> its slot
    free: list[int] = []
    for _, returns, index in _events(history):
        if not returns:
            slots[index] = free.pop() if free else len(slots)
            continue
        after = _having_happened(history, possible, slots, index, grace_ns)
        if not after:
            values = {configuration.register.value for configuration in possible}
            return history[index], tuple(sorted(values, key=lambda value: (value is not None, value or "")))
        possible = after
        free.append(slots.pop(index))
    return None


def _having_happened(
    history: Sequence[Operation],
    possible: set[_Configuration],
    slots: Mapping[int, int],
    index: int,
    grace_ns: int,
) -> set[_Configuration]:
    """The configurations in which the operation that returns has happened, its bit cleared."""
    bit = 1 << slots[index]
    endless = {other: slot for other, slot in slots.items() if history[other].returned_at_ns is None}
    under_way = [(history[other], 1 << slot) for other, slot in slots.items() if other not in endless]
    unknown = [(history[other], 1 << slot) for other, slot in endless.items()]
    after: set[_Configuration] = set()
    seen = set(possible)
    open_ones = list(possible)
    while open_ones:
        happened, register = open_ones.pop()
        if happened & bit:
            after.add(_Configuration(happened & ~bit, register))
            continue
        for other, mask in under_way:
            if happened & mask:
                continue
            for before in _after_unknown(other, unknown, _Configuration(happened, register), grace_ns):
                for following in _effects(other, before.register, grace_ns):
                    configuration = _Configuration(before.happened | mask, following)
                    if configuration not in seen:
                        seen.add(configuration)
                        open_ones.append(configuration)
        if len(seen) > MOST_CONFIGURATIONS:
            raise TooManyConfigurations
    return _undominated(after, [mask for _, mask in unknown])


def _after_unknown(
    operation: Operation, unknown: Sequence[tuple[Operation, int]], now: _Configuration, grace_ns: int
) -> Iterable[_Configuration]:
    """`now`, and what operations of unknown outcome may make of it just before `operation`.

    They need never happen, so one matters only where the next operation looks at what it left.
    """
    if not unknown or not _looks(operation):
        return (now,)
    found = {now}
    open_ones = [now]
    while open_ones:
        at = open_ones.pop()
        for each, mask in unknown:
            if at.happened & mask or (at is not now and not _looks(each)):
                continue
            for following in _effects(each, at.register, grace_ns):
                configuration = _Configuration(at.happened | mask, following)
                if following != at.register and configuration not in found:
                    found.add(configuration)
                    open_ones.append(configuration)
    return found


def _looks(operation: Operation) -> bool:
    """Whether what it does depends on what is there."""
    if operation.action is Action.DELETE:
        return operation.found is not None
    return operation.action is not Action.SET


def _undominated(configurations: set[_Configuration], endless: Sequence[int]) -> set[_Configuration]:
    """Without those in which an operation that need never happen has happened to no effect."""
    if not endless:
        return configurations
    return {
        each
        for each in configurations
        if not any(
            each.happened & bit and _Configuration(each.happened & ~bit, each.register) in configurations
            for bit in endless
        )
    }


def _effects(operation: Operation, register: Register, grace_ns: int) -> tuple[Register, ...]:
    """What the register may hold after the operation; empty when it cannot happen there."""
    lives, missing = _lives(operation, register, grace_ns), _missing(operation, register, grace_ns)
    match operation.action:
        case Action.GET if operation.value is None:
            return (EMPTY,) if missing else ()
        case Action.GET:
            return (register,) if lives and operation.value == register.value else ()
        case Action.SET:
            return (Register(operation.value, operation.deadline_ns),)
        case Action.UPDATE:
            written = Register(operation.value, operation.deadline_ns)
            return (written,) if lives and operation.expected == register.value else ()
        case Action.TOUCH:
            touched = (register._replace(deadline_ns=operation.deadline_ns),) if lives else ()
            return _either(operation, touched, missing=missing)
        case Action.DELETE:
            return _either(operation, (EMPTY,) if lives else (), missing=missing)


def _either(operation: Operation, found: tuple[Register, ...], *, missing: bool) -> tuple[Register, ...]:
    not_found = (EMPTY,) if missing else ()
    if operation.found is None:
        return tuple(dict.fromkeys(found + not_found))
    return found if operation.found else not_found


def _lives(operation: Operation, register: Register, grace_ns: int) -> bool:
    if register.value is None:
        return False
    return register.deadline_ns is None or operation.invoked_at_ns < register.deadline_ns + grace_ns


def _missing(operation: Operation, register: Register, grace_ns: int) -> bool:
    if register.value is None:
        return True
    if register.deadline_ns is None:
        return False
    return operation.returned_at_ns is None or operation.returned_at_ns >= register.deadline_ns - grace_ns


def _window(history: Sequence[Operation], failing: Operation, grace_ns: int) -> list[Operation]:
    """The shortest stretch up to the end that fails whatever was there before, then without reads it can spare."""
    window = list(history)
    for cut in reversed(_quiet(history)):
        stretch = [each for each in history[:cut] if each.returned_at_ns is None] + list(history[cut:])
        if _fails(stretch, failing, grace_ns):
            window = stretch
            break
    for each in list(window):
        if each.action is Action.GET and each is not failing:
            spared = [kept for kept in window if kept is not each]
            if _fails(spared, failing, grace_ns):
                window = spared
    return window


def _quiet(history: Sequence[Operation]) -> list[int]:
    """Places at which every earlier call with an end has ended."""
    places, latest = [], -1
    for index, each in enumerate(history):
        if index and latest < each.invoked_at_ns:
            places.append(index)
        if each.returned_at_ns is not None:
            latest = max(latest, each.returned_at_ns)
    return places


def _fails(history: Sequence[Operation], failing: Operation, grace_ns: int) -> bool:
    """Whether `failing` has no place, whatever there was before, with whatever deadline."""
    values = {each.value for each in history} | {each.expected for each in history} | {None}
    deadlines: set[int | None] = {None}
    if any(each.deadline_ns is not None for each in history):
        deadlines |= {each.returned_at_ns for each in history}
    if len(values) * len(deadlines) > _MOST_BEGINNINGS:
        return False
    beginnings = {Register(value, deadline) for value in values for deadline in deadlines}
    try:
        failed = _search(history, beginnings, grace_ns)
    except TooManyConfigurations:
        return False
    return failed is not None and failed[0] == failing


def _line(operation: Operation, first: int, *, marked: bool) -> str:
    ends = "never" if operation.returned_at_ns is None else f"{(operation.returned_at_ns - first) / 1000:.0f}"
    said = repr(operation.value)
    if operation.action in {Action.DELETE, Action.TOUCH}:
        said = {None: "", True: "found", False: "not found"}[operation.found]
    elif operation.action is Action.UPDATE:
        said = f"{operation.expected!r} -> {operation.value!r}"
    begins = (operation.invoked_at_ns - first) / 1000
    pointer = ">" if marked else " "
    return f"{pointer} {begins:.0f}..{ends} {operation.process} {operation.action} {said} {operation.outcome}".rstrip()
