"""What a client does: learn the route record, write, delete. Reads change nothing; `properties` looks at them."""

from collections.abc import Iterator

from tests.model.state import (
    AUTHORITY,
    FENCED,
    GONE,
    JOURNALED,
    MAY_WRITE,
    Client,
    Config,
    Record,
    State,
    Store,
    mint,
    visible,
)

Step = tuple[tuple, State]


def steps(config: Config, state: State) -> Iterator[Step]:
    for index, client in enumerate(state.clients):
        if client in state.clients[:index]:
            continue  # two clients alike: one stands for both
        if client.pending is not None:
            yield from _second_half(config, state, index)
            continue
        if client.epoch < state.epoch:
            yield ("client", "learn", client.epoch, state.epoch), _with(state, index, Client(state.epoch, state.phase))
        if MAY_WRITE[client.phase]:
            yield from _writes(config, state, index)


def accepts(config: Config, store: Store, client: Client) -> bool:
    """Whether the store takes this client's write."""
    if not FENCED[client.phase]:
        return True
    return store.joined and (store.fence <= client.epoch or not config.fence_writes)


def _writes(config: Config, state: State, index: int) -> Iterator[Step]:
    client = state.clients[index]
    side = AUTHORITY[client.phase]
    store = getattr(state, side)
    if not accepts(config, store, client):
        return
    if state.writes and config.counter == "early" and FENCED[client.phase]:
        taken = Client(client.epoch, client.phase, ("seq", side, store.seq + 1))
        yield (
            ("client", "take seq", side, client.epoch),
            _with(state, index, taken, **{side: store._replace(seq=store.seq + 1)}),
        )
    elif state.writes:
        yield _written(config, state, index, state.newest + 1)
    if state.deletes:
        yield _written(config, state, index, None)


def _written(config: Config, state: State, index: int, value: int | None, seq: int = 0) -> Step:
    client = state.clients[index]
    side = AUTHORITY[client.phase]
    store = getattr(state, side)
    after, pending = plain(store, value), None
    if FENCED[client.phase]:
        after = mint(config, store, client.epoch, value, seq)
        if JOURNALED[client.phase] and config.journal != "none":
            if config.journal == "after":
                pending = ("mark", side)
            else:
                after = after._replace(marked=True)
    changes = {
        side: after,
        "last": value,
        "newest": state.newest if value is None else value,
        "writes": state.writes - (value is not None),
        "deletes": state.deletes - (value is None),
    }
    label = ("client", "delete" if value is None else "write", side, client.epoch, client.phase, value)
    return label, _with(state, index, Client(client.epoch, client.phase, pending), **changes)


def plain(store: Store, value: int | None) -> Store:
    """A write of code that does not know the route: the value changes, what lies beside it does not."""
    epoch, seq = store.record[:2] if store.record else (0, 0)
    if value is not None:
        return store._replace(record=Record(epoch, seq, value))
    return store._replace(record=Record(epoch, seq, GONE) if (epoch, seq) != (0, 0) else None)


def _second_half(config: Config, state: State, index: int) -> Iterator[Step]:
    client = state.clients[index]
    assert client.pending is not None
    free = Client(client.epoch, client.phase)
    side = client.pending[1]
    store = getattr(state, side)
    if client.pending[0] == "mark":
        yield ("client", "mark", side, client.epoch), _with(state, index, free, **{side: store._replace(marked=True)})
        return
    if accepts(config, store, free) and state.writes:
        yield _written(config, state, index, state.newest + 1, client.pending[2])
    else:
        yield ("client", "refused", side, client.epoch), _with(state, index, free)


def _with(state: State, index: int, client: Client, **changes: object) -> State:
    clients = list(state.clients)
    clients[index] = client
    clients.sort(key=_order)
    return state._replace(clients=tuple(clients), **changes)


def _order(client: Client) -> tuple:
    return client.epoch, client.phase, client.pending or ()


__all__ = ["accepts", "plain", "steps", "visible"]
