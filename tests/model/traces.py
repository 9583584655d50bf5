"""Random walks through the model, as traces that a pair of real stores can be asked to repeat step by step."""

import random
from dataclasses import dataclass

from tests.model.clients import accepts
from tests.model.protocol import broken, successors
from tests.model.state import (
    AUTHORITY,
    FENCED,
    JOURNAL_A,
    MAY_READ,
    MAY_WRITE,
    Client,
    Config,
    Driver,
    State,
    Store,
    visible,
)

WALK = Config(writes=5, deletes=3, stalls=2, aborts=2, forwards=3, backs=2, collect=True)
BEGINS_AT = 2
REFUSED = "fenced"


@dataclass(frozen=True)
class TraceStep:
    """`label` is what happens (see clients, workers, control), `result` what the caller is told, where it is told
    anything: a read's value or "fenced", whether a mark went. `a` and `b` are the stores afterwards.
    """

    label: tuple
    result: object
    a: Store
    b: Store


@dataclass(frozen=True)
class Trace:
    seed: int
    steps: tuple[TraceStep, ...]

    def __str__(self) -> str:
        lines = (f"{number}: {' '.join(map(str, step.label))}" for number, step in enumerate(self.steps))
        return f"trace of seed {self.seed}:\n" + "\n".join(lines)


def begun(config: Config) -> State:
    """Both stores have joined and every client goes by JOURNAL_A; the session is as code before the route left it."""
    state = config.initial()
    return state._replace(
        a=state.a._replace(joined=True, fence=BEGINS_AT),
        b=state.b._replace(joined=True, fence=BEGINS_AT),
        epoch=BEGINS_AT,
        phase=JOURNAL_A,
        reserved=BEGINS_AT,
        clients=(Client(BEGINS_AT, JOURNAL_A),) * config.clients,
        driver=Driver("journal"),
    )


def walk(seed: int, length: int = 60, config: Config = WALK) -> Trace:
    """The same seed gives the same trace. Each actor is as likely to be next as any other that can go on."""
    randomly = random.Random(seed)  # noqa: S311 - test data
    state, steps = begun(config), []
    while len(steps) < length:
        by_actor: dict[str, list] = {}
        for label, after in successors(config, state):
            by_actor.setdefault(label[0], []).append((label, after))
        if not by_actor:
            break
        label, after = randomly.choice(by_actor[randomly.choice(sorted(by_actor))])
        steps.append(TraceStep(label, _result(state, label), after.a, after.b))
        state = after
        assert not broken(config, state), f"seed {seed}"
        steps += _looks(config, state, randomly)
    return Trace(seed, tuple(steps[:length]))


def _result(before: State, label: tuple) -> object:
    if label[1] == "acknowledge":
        return label[3] and getattr(before, label[2]).marked
    return None


def _looks(config: Config, state: State, randomly: random.Random) -> list[TraceStep]:
    """A client reads, or tries a write that the store must refuse: neither changes anything."""
    client = randomly.choice(state.clients)
    side = AUTHORITY[client.phase]
    store = getattr(state, side)
    if not FENCED[client.phase]:
        return []
    looks = []
    if MAY_READ[client.phase] and randomly.random() < 0.3:
        seen = REFUSED if store.fence > client.epoch else visible(store.record)
        looks.append(TraceStep(("client", "read", side, client.epoch, client.phase), seen, state.a, state.b))
    if MAY_WRITE[client.phase] and not accepts(config, store, client):
        label = ("client", randomly.choice(["try write", "try delete"]), side, client.epoch, client.phase)
        looks.append(TraceStep(label, REFUSED, state.a, state.b))
    return looks
