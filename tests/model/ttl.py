"""Deadlines: one session is touched, its deadline shortened, while it is copied and relayed; time passes in ticks.

Looked at in every reachable state: the replica never shows the session once its deadline has passed on the authority
(as far as nothing is still to be relayed), and once drained it shows what lives on the authority (PROTOCOL 5.6, I3).
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

LENGTH = 3  # what a touch gives, in ticks
END = 7
GONE, LONG = -99, 99  # a tombstone: past whatever the clock says, and kept until it is collected
HOLD = 2  # the longest that a worker keeps what it has read: then a newer worker's fence keeps it out


class Held(NamedTuple):
    version: int
    deadline: int
    dead: bool = False


class Carried(NamedTuple):
    """What a worker has read, when, and how long it had to live then."""

    held: Held
    at: int
    remaining: int


class Replica(NamedTuple):
    """`deadline` as the replica's own clock counts; metadata is there until `kept`."""

    version: int
    deadline: int
    kept: int


class State(NamedTuple):
    now: int
    authority: Held
    marked: int = 0  # the mark's version, 0 for none
    replica: Replica | None = None
    backfill: Carried | None = None
    copied: bool = False
    relay: Carried | None = None
    operations: tuple[Held, ...] = ()
    touches: int = 2
    shortens: int = 0


@dataclass(frozen=True)
class Config:
    relative: bool = False  # the copy carries what was left to live, not the deadline
    operations: bool = False  # the relay ships EXPIREAT, which does nothing to what is not there
    grace: int = HOLD  # metadata outlives its session by so much
    tombstone_for_expired: bool = True  # a marked session that has expired is carried as a tombstone of its version
    expired_is_dead: bool = True  # a record that expired on its way is adopted as a tombstone of its version
    touch_mints: bool = True
    shorten_mints: bool = True
    shortens: int = 1
    skew: int = 0  # the replica's clock minus the authority's
    skew_measured: bool = True


@dataclass(frozen=True)
class Row:
    name: str
    config: Config
    expected: str = ""


@dataclass(frozen=True)
class Result:
    broken: str
    trace: tuple[str, ...]
    states: int


ROWS = (
    Row("absolute deadline, state relayed", Config()),
    Row("the replica's clock is ahead", Config(skew=1)),
    Row("the replica's clock is behind", Config(skew=-1)),
    Row("metadata kept longer", Config(grace=HOLD + 1)),
    Row("a relative deadline, state relayed", Config(relative=True), "visible"),
    Row("a relative deadline, operations relayed", Config(relative=True, operations=True), "visible"),
    Row("an absolute deadline, operations relayed", Config(operations=True), "visible"),
    Row("the same, touches alone", Config(operations=True, shortens=0), "gone"),
    Row("without: metadata outlives its session", Config(grace=0), "visible"),
    Row("without: a grace as long as a worker may hold", Config(grace=HOLD - 1), "visible"),
    Row("without: a tombstone for what expired unrelayed", Config(tombstone_for_expired=False), "visible"),
    Row("without: a tombstone for what expired on its way", Config(expired_is_dead=False), "visible"),
    Row("without: a touch mints a version", Config(touch_mints=False), "gone"),
    Row("without: a shortened deadline mints a version", Config(shorten_mints=False), "visible"),
    Row("without: skew added, clock ahead", Config(skew=1, skew_measured=False), "gone"),
    Row("without: skew added, clock behind", Config(skew=-1, skew_measured=False), "visible"),
)


def explore(config: Config) -> Result:
    first = State(0, Held(1, LENGTH), shortens=config.shortens)
    seen: dict[State, tuple[State, str] | None] = {first: None}
    queue = deque([first])
    while queue:
        state = queue.popleft()
        for label, after in _steps(config, state):
            if after in seen:
                continue
            seen[after] = (state, label)
            if fault := _broken(config, after):
                return Result(fault, _trace(seen, after), len(seen))
            queue.append(after)
    return Result("", (), len(seen))


def _trace(seen: dict[State, tuple[State, str] | None], state: State) -> tuple[str, ...]:
    labels = []
    while (come := seen[state]) is not None:
        state, label = come
        labels.append(label)
    return tuple(reversed(labels))


def _lives(state: State) -> bool:
    return state.now < state.authority.deadline


def _shows(config: Config, state: State) -> bool:
    return state.replica is not None and state.now + config.skew < state.replica.deadline


def _broken(config: Config, state: State) -> str:
    if state.marked or state.operations or state.relay:
        return ""
    if _shows(config, state) and not _lives(state):
        return f"visible: the replica shows it {state.now - state.authority.deadline} tick(s) after its deadline"
    if state.copied and _lives(state) and not _shows(config, state):
        return "gone: it lives on the authority and is not on the replica"
    return ""


def _steps(config: Config, state: State) -> Iterator[tuple[str, State]]:
    yield from _time(config, state)
    yield from _client(config, state)
    yield from _copy(config, state)
    yield from _relayed(config, state)


def _time(config: Config, state: State) -> Iterator[tuple[str, State]]:
    if state.now == END:
        return
    now = state.now + 1
    replica = state.replica if state.replica and now + config.skew < state.replica.kept else None
    backfill, relay = (work if work and now - work.at <= HOLD else None for work in (state.backfill, state.relay))
    yield f"t={now}", state._replace(now=now, replica=replica, backfill=backfill, relay=relay)


def _client(config: Config, state: State) -> Iterator[tuple[str, State]]:
    if not _lives(state):
        return
    changes = []
    if state.touches and state.now + LENGTH > state.authority.deadline:
        changes.append(("touch", state.now + LENGTH, config.touch_mints, {"touches": state.touches - 1}))
    if state.shortens and state.authority.deadline > state.now + 1:
        changes.append(("shorten", state.now + 1, config.shorten_mints, {"shortens": state.shortens - 1}))
    for what, deadline, mints, fewer in changes:
        held = Held(state.authority.version + mints, deadline)
        queued = {"operations": (*state.operations, held)} if config.operations else {"marked": held.version}
        yield f"{what} -> {deadline}", state._replace(authority=held, **fewer, **queued)


def _copy(config: Config, state: State) -> Iterator[tuple[str, State]]:
    if state.backfill is None and not state.copied:
        if _lives(state):
            remaining = state.authority.deadline - state.now
            yield "backfill reads", state._replace(backfill=Carried(state.authority, state.now, remaining))
        else:
            yield "backfill: expired", state._replace(copied=True)
    if state.backfill is not None:
        replica = _adopted(config, state, state.backfill)
        yield "backfill applies", state._replace(replica=replica, backfill=None, copied=True)
        if not state.copied:  # it stalls with what it has read; its successor copies the session anew
            again = Carried(state.authority, state.now, state.authority.deadline - state.now)
            replica = _adopted(config, state, again) if _lives(state) else state.replica
            yield "backfill stalls, another copies", state._replace(replica=replica, copied=True)


def _relayed(config: Config, state: State) -> Iterator[tuple[str, State]]:
    if state.operations:
        yield "operation shipped", state._replace(replica=_operated(config, state), operations=state.operations[1:])
    if state.marked and state.relay is None:
        held = state.authority
        if not _lives(state):
            held = Held(state.marked, held.deadline, dead=True)
        yield "relay reads", state._replace(relay=Carried(held, state.now, held.deadline - state.now))
    if state.relay is not None:
        nothing = state.relay.held.dead and not config.tombstone_for_expired
        marked = 0 if state.marked == state.relay.held.version else state.marked
        yield (
            "relay applies, acknowledges",
            state._replace(
                replica=state.replica if nothing else _adopted(config, state, state.relay), relay=None, marked=marked
            ),
        )


def _operated(config: Config, state: State) -> Replica | None:
    held = state.operations[0]
    if state.replica is None:
        return None
    deadline = held.deadline + (config.skew if config.skew_measured else 0)
    return Replica(max(held.version, state.replica.version), deadline, deadline + config.grace)


def _adopted(config: Config, state: State, work: Carried) -> Replica | None:
    """Apply-if-newer with deadlines: equal versions take the later one, what has expired is refused."""
    held, there, now = work.held, state.replica, state.now + config.skew
    deadline = held.deadline + (config.skew if config.skew_measured else 0)
    if config.relative:
        deadline = now + work.remaining
    dead = held.dead or (deadline <= now and config.expired_is_dead and not config.relative)
    if dead and (there is None or held.version > there.version):
        return Replica(held.version, GONE, LONG)
    if dead or deadline <= now:
        return there
    if there is None or held.version > there.version:
        return Replica(held.version, deadline, deadline + config.grace)
    if held.version == there.version and now < there.deadline:
        later = max(deadline, there.deadline)
        return Replica(held.version, later, later + config.grace)
    return there
