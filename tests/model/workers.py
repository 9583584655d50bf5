"""What the workers do: relay, backfill, verifier with repair, collector of tombstones, and those that stalled.

Each reads in one step and applies in another; anything may happen between. A stalled worker keeps what it has read
and applies it whenever it wakes, unless a newer worker's fence keeps it out by then.
"""

from collections.abc import Iterator

from tests.model.clients import Step
from tests.model.state import (
    AUTHORITY,
    DAMAGED,
    DUAL_A,
    DUAL_B,
    HANDOFF,
    HANDOFF_BACK,
    Config,
    Record,
    Relay,
    State,
    adopt,
    mint,
    other,
    version,
    visible,
)

RELAYED = {DUAL_A: "a", HANDOFF: "a", DUAL_B: "b", HANDOFF_BACK: "b"}


def relay(config: Config, state: State) -> Iterator[Step]:
    at = state.relay
    if at is None:
        source = RELAYED.get(state.phase)
        if source and config.relay_on and getattr(state, source).marked:
            yield ("relay", "read", source), state._replace(relay=Relay(source, getattr(state, source).record, False))
        return
    if not config.ack_after_apply:
        yield from _acknowledging_first(config, state, at)
    elif not at.applied:
        applied = _applied(config, state, other(at.source), at.record)
        yield ("relay", "apply", other(at.source), at.record), applied._replace(relay=at._replace(applied=True))
        if state.stalls and state.stale is None:
            yield (
                ("relay", "stall"),
                state._replace(relay=None, stale=(other(at.source), at.record), stalls=state.stalls - 1),
            )
    else:
        same, acknowledged = _acknowledged(config, state, at)
        yield ("relay", "acknowledge", at.source, same), acknowledged._replace(relay=None)
        yield ("relay", "crash"), state._replace(relay=None)


def _acknowledging_first(config: Config, state: State, at: Relay) -> Iterator[Step]:
    if at.applied:
        applied = _applied(config, state, other(at.source), at.record)
        yield ("relay", "apply", other(at.source), at.record), applied._replace(relay=None)
        yield ("relay", "crash"), state._replace(relay=None)
    else:
        same, acknowledged = _acknowledged(config, state, at)
        yield ("relay", "acknowledge", at.source, same), acknowledged._replace(relay=at._replace(applied=True))


def _acknowledged(config: Config, state: State, at: Relay) -> tuple[bool, State]:
    """Takes the mark away while the session has the version that was read."""
    store = getattr(state, at.source)
    same = not config.token_ack or version(store.record) == version(at.record)
    return same, state._replace(**{at.source: store._replace(marked=store.marked and not same)})


def _applied(config: Config, state: State, side: str, record: Record | None) -> State:
    return state._replace(**{side: adopt(config, getattr(state, side), record)})


def backfill(config: Config, state: State) -> Iterator[Step]:
    if state.phase == DUAL_A and not state.copied and state.copy is None:
        record = state.a.record
        if visible(record) is None:
            yield ("backfill", "nothing"), state._replace(copied=True)
        else:
            yield ("backfill", "read"), state._replace(copy=record)
        if not config.end_marker:
            yield ("backfill", "empty page taken for the end"), state._replace(copied=True)
    if state.copy is not None:
        if state.b.joined:
            adopted = adopt(config, state.b, state.copy)
            yield ("backfill", "apply", state.copy), state._replace(copy=None, copied=True, b=adopted)
        if state.stalls and state.stale is None:
            yield (
                ("backfill", "stall"),
                state._replace(copy=None, stale=("b", state.copy), stalls=state.stalls - 1),
            )


def stalled(config: Config, state: State) -> Iterator[Step]:
    if state.stale is None:
        return
    side, record = state.stale
    yield ("stalled worker", "apply", side, record), _applied(config, state, side, record)._replace(stale=None)
    if config.collect and config.guard_workers:
        yield ("collector", "raise worker fence"), state._replace(stale=None)


def collector(config: Config, state: State) -> Iterator[Step]:
    """Tombstones go once nobody can bring an older record (PROTOCOL 5.6)."""
    if not config.collect or state.phase not in RELAYED:
        return
    if config.guard_workers and (state.stale or state.copy is not None or state.relay or state.check):
        return
    if config.guard_cursor and not state.copied:
        return
    authority = AUTHORITY[state.phase]
    if config.guard_forward and state.a.marked:
        return
    if config.guard_backward and state.b.marked:
        return
    for side in (authority, other(authority)):
        store = getattr(state, side)
        if store.record is not None and store.record.value is None:
            yield ("collector", "forget", side), state._replace(**{side: store._replace(record=None)})


def verifier(config: Config, state: State) -> Iterator[Step]:
    """Reads the authority, then the replica; repairs what differs while the authority stands still."""
    if not (config.damages or config.failovers) or state.phase != DUAL_A or state.driver.at == "incarnation":
        return  # a pass counts once the new incarnation has its epoch
    if state.check is None:
        if state.suspect and state.copied and not state.a.marked and state.relay is None:
            yield ("verifier", "read"), state._replace(check=(state.a.record,))
        return
    (seen,) = state.check
    if visible(seen) == visible(state.b.record) and version(seen) == version(state.b.record):
        yield ("verifier", "clean"), state._replace(check=None, suspect=False)
    elif config.repair == "adopt":
        mended = adopt(config, state.b, seen)
        yield ("verifier", "repair by adoption"), state._replace(check=None, repaired=True, b=mended)
    elif state.a.record == seen or config.repair == "blind":
        value = None if seen is None else visible(seen)
        minted = mint(config, state.a, state.epoch, value)._replace(marked=True)
        yield ("verifier", "remint", seen), state._replace(check=None, repaired=True, a=minted)
    else:
        yield ("verifier", "changed meanwhile"), state._replace(check=None)


def damage(config: Config, state: State) -> Iterator[Step]:
    """The replica's record changes by itself, before a hand-off looks at it under the fence (F18)."""
    if not state.damages or state.phase != DUAL_A or not state.copied or state.driver.at != "dual":
        return
    held = state.b.record
    kinds = [("lost", None)] if visible(held) is not None else [("extra", Record(0, 0, DAMAGED))]
    if held is not None and held.value is not None:
        kinds.append(("value", held._replace(value=DAMAGED)))
    for kind, record in kinds:
        broken = state.b._replace(record=record)
        yield ("damage", kind), state._replace(b=broken, damages=state.damages - 1, suspect=True)


def steps(config: Config, state: State) -> Iterator[Step]:
    yield from relay(config, state)
    yield from backfill(config, state)
    yield from stalled(config, state)
    if config.collect:
        yield from collector(config, state)
    yield from verifier(config, state)
    yield from damage(config, state)
