"""Breadth-first search over every reachable state; the first state that breaks a property gives a shortest trace."""

import gc
import time
from collections import deque
from dataclasses import dataclass

from tests.model.protocol import broken, successors, went_back
from tests.model.state import DUAL_A, DUAL_B, RETIRED, Config, State

MOST_STATES = 3_000_000


@dataclass(frozen=True)
class Result:
    """`broken` is "" when every property holds in every state. `complete`: the search was not cut short."""

    broken: str
    trace: tuple[tuple, ...]
    states: int
    seconds: float
    complete: bool = True
    served: int = 0  # states with DUAL_B published
    back: int = 0  # states with DUAL_A published after a hand-back
    retired: int = 0

    @property
    def holds(self) -> bool:
        return self.complete and not self.broken

    def steps(self) -> str:
        return " | ".join(" ".join(map(_word, label)) for label in self.trace)


def explore(config: Config, most_states: int = MOST_STATES) -> Result:
    collecting = gc.isenabled()
    gc.disable()  # nothing here forms cycles, and looking for them takes a third of the time
    try:
        return _explore(config, most_states)
    finally:
        if collecting:
            gc.enable()


def _explore(config: Config, most_states: int) -> Result:
    started = time.process_time()
    first = config.initial()
    seen: dict[State, tuple[State, tuple] | None] = {first: None}
    queue = deque([first])
    served = back = retired = 0
    while queue:
        state = queue.popleft()
        served += state.phase == DUAL_B
        back += state.phase == DUAL_A and state.backs < config.backs
        retired += state.phase == RETIRED
        for label, after in successors(config, state):
            if after in seen:
                continue
            seen[after] = (state, label)
            fault = broken(config, after) or (went_back(state, after) if config.invariants else "")
            if fault:
                return Result(fault, _trace(seen, after), len(seen), time.process_time() - started)
            queue.append(after)
        if len(seen) > most_states:
            return Result("", (), len(seen), time.process_time() - started, complete=False)
    return Result("", (), len(seen), time.process_time() - started, True, served, back, retired)


def _trace(seen: dict[State, tuple[State, tuple] | None], state: State) -> tuple[tuple, ...]:
    labels = []
    while (come := seen[state]) is not None:
        state, label = come
        labels.append(label)
    return tuple(reversed(labels))


def _word(part: object) -> str:
    if isinstance(part, tuple):
        return "(" + ",".join(map(str, part)) + ")"
    return str(part)
