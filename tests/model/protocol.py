"""The whole of it: every step from a state, and what must hold in each state (PROTOCOL 5.8)."""

from collections.abc import Iterator

from tests.model import clients, control, workers
from tests.model.clients import Step, accepts
from tests.model.state import (
    AUTHORITY,
    DUAL_A,
    DUAL_B,
    FENCED,
    HANDOFF,
    HANDOFF_BACK,
    MAY_READ,
    MAY_WRITE,
    Client,
    Config,
    State,
    other,
    version,
    visible,
)

REPLICATED = {DUAL_A, HANDOFF, DUAL_B, HANDOFF_BACK}


def successors(config: Config, state: State) -> Iterator[Step]:
    yield from clients.steps(config, state)
    yield from workers.steps(config, state)
    yield from control.steps(config, state)


def broken(config: Config, state: State) -> str:
    """Which property the state breaks, "" when all hold."""
    return _reads(config, state) or _service(config, state) or (_invariants(config, state) if config.invariants else "")


def _reads(config: Config, state: State) -> str:
    for client in state.clients:
        if not MAY_READ[client.phase]:
            continue
        side = AUTHORITY[client.phase]
        store = getattr(state, side)
        if FENCED[client.phase]:
            if not store.joined:
                return f"structures: a client at epoch {client.epoch} finds no fence in {side}"
            if config.fence_reads and store.fence > client.epoch:
                continue
        seen = visible(store.record)
        if seen != state.last:
            what = "resurrected" if state.last is None else "stale read"
            return f"{what}: a client at epoch {client.epoch} reads {seen} from {side}, acknowledged is {state.last}"
    return ""


def _service(config: Config, state: State) -> str:
    """A published epoch that its own store refuses is an outage until a person acts."""
    if MAY_WRITE[state.phase] and state.driver.at != "incarnation":
        side = AUTHORITY[state.phase]
        if not accepts(config, getattr(state, side), Client(state.epoch, state.phase)):
            return f"outage: the published epoch {state.epoch} is refused by {side}"
    if (
        state.repaired
        and not state.a.marked
        and not state.relay
        and not state.check
        and state.stale is None
        and state.phase == DUAL_A
        and visible(state.a.record) != visible(state.b.record)
    ):
        return "repair: it is done, drained, and the replica still differs"
    return ""


def _invariants(config: Config, state: State) -> str:
    accepting = set()
    for client in {*state.clients, Client(state.epoch, state.phase)}:
        side = AUTHORITY[client.phase]
        if MAY_WRITE[client.phase] and accepts(config, getattr(state, side), client):
            accepting.add(side)
    if len(accepting) > 1:
        return "I1: two authorities accept writes"
    if state.phase not in REPLICATED:
        return ""
    side = AUTHORITY[state.phase]
    authority, replica = getattr(state, side), getattr(state, other(side))
    if replica.fence == 0:
        return "canary: the replica accepts an epoch older than the route"
    if state.suspect or state.repaired:
        return ""
    if visible(replica.record) is not None and version(replica.record) > version(authority.record):
        return f"I4: the replica has {replica.record}, the authority {authority.record}"
    if state.copied and visible(authority.record) != visible(replica.record) and not authority.marked:
        return "I5: the replica differs and nothing marks it"
    return ""


def went_back(before: State, after: State) -> str:
    """I7: epochs and fences never decrease while a store has joined."""
    if after.epoch < before.epoch:
        return f"I7: the published epoch went from {before.epoch} to {after.epoch}"
    for old, new in ((before.a, after.a), (before.b, after.b)):
        if new.fence < old.fence and new.joined:
            return f"I7: a fence went from {old.fence} to {new.fence}"
    return ""
