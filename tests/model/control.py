"""What the control plane does: one driver, and at most one driver that stalled and was replaced.

A hand-off goes (a) set two epochs aside (b) publish HANDOFF (c) raise the authority's fence to it (d) drain
(e) verify (f) raise the fence again, and the replica's (g) publish the other side; every publication is a
compare-and-set on the epoch.
"""

from collections.abc import Iterator

from tests.model.clients import Step
from tests.model.state import (
    AUTHORITY,
    DUAL_A,
    DUAL_B,
    HANDOFF,
    HANDOFF_BACK,
    JOURNAL_A,
    PLAIN_A,
    RETIRED,
    SINGLE_B,
    Config,
    Driver,
    Record,
    State,
    Store,
    other,
    visible,
)

PAUSED = {"a": HANDOFF, "b": HANDOFF_BACK}
SERVED = {"a": DUAL_A, "b": DUAL_B}
STEADY = {DUAL_A: "dual", DUAL_B: "served"}
HANDING_OFF = ("publish handoff", "first fence", "drain", "second fence", "replica fence", "flip")


def steps(config: Config, state: State) -> Iterator[Step]:
    at = state.driver.at
    if at in HANDING_OFF:
        for label, after, driver in _handing_off(config, state, state.driver):
            yield label, after._replace(driver=driver)
        yield from _takeover(state)
    else:
        yield from _OTHER_STEPS[at](config, state)
    if state.zombie is not None:
        for (_, *what), after, driver in _handing_off(config, state, state.zombie):
            yield ("stalled driver", *what), after._replace(zombie=driver if driver.at in HANDING_OFF else None)
    if state.failovers:
        yield from _failover(state)


def publish(config: Config, state: State, epoch: int, phase: int, expected: int) -> State | None:
    """None: refused."""
    if config.publish_cas and (state.epoch != expected or epoch <= state.epoch):
        return None
    return state._replace(epoch=epoch, phase=phase, reserved=max(state.reserved, epoch))


def raise_fence(config: Config, store: Store, epoch: int) -> Store:
    return store._replace(fence=max(store.fence, epoch) if config.fence_grows else epoch)


def all_acknowledged(state: State) -> bool:
    return all(client.epoch >= state.epoch and client.pending is None for client in state.clients)


def drained(state: State, source: str) -> bool:
    return not getattr(state, source).marked and state.relay is None


def _handing_off(config: Config, state: State, driver: Driver) -> Iterator[tuple[tuple, State, Driver]]:
    """The next step of a hand-off: label, the state after it, and the driver (whichever it was) after it."""
    at, source = driver.at, driver.source
    store = getattr(state, source)
    if at == "publish handoff":
        if not config.drain_after_fence and not drained(state, source):
            return
        after = publish(config, state, driver.first, PAUSED[source], driver.expected)
        if after is None:
            yield ("control", "refused", driver.first), state, Driver("look")
        else:
            following = "first fence" if config.first_fence else "drain"
            yield (
                ("control", "publish", driver.first, PAUSED[source]),
                after,
                driver._replace(at=following, expected=driver.first),
            )
    elif at == "first fence":
        after = state._replace(**{source: raise_fence(config, store, driver.first)})
        yield ("control", "fence", source, driver.first), after, driver._replace(at="drain")
    elif at == "drain":
        if config.drain_after_fence and not drained(state, source):
            return
        if config.gate and visible(state.a.record) != visible(state.b.record):
            return  # refused; the driver aborts
        yield (
            ("control", "drained", source),
            state,
            driver._replace(at="second fence" if config.fence_before_flip else "flip"),
        )
    elif at == "second fence":
        after = state._replace(**{source: raise_fence(config, store, driver.flip)})
        following = driver._replace(at="replica fence") if config.fence_before_flip else Driver("look")
        yield ("control", "fence", source, driver.flip), after, following
    elif at == "replica fence":
        replica = other(source)
        after = state._replace(**{replica: raise_fence(config, getattr(state, replica), driver.flip)})
        yield ("control", "fence", replica, driver.flip), after, driver._replace(at="flip")
    else:
        phase = SERVED[other(source)]
        after = publish(config, state, driver.flip, phase, driver.expected)
        if after is None:
            yield ("control", "refused", driver.flip), state, Driver("look")
        else:
            following = Driver("look") if config.fence_before_flip else driver._replace(at="second fence")
            yield ("control", "publish", driver.flip, phase), after, following


def _takeover(state: State) -> Iterator[Step]:
    """The pause is over its limit, or another driver takes the lease: it aborts while the first one sleeps."""
    if state.aborts:
        source = state.driver.source
        aborting = Driver("abort", source)
        fewer = state._replace(driver=aborting, aborts=state.aborts - 1)
        yield ("control", "abort"), fewer
        if state.zombie is None:
            yield ("control", "take over", state.driver.at), fewer._replace(zombie=state.driver)


def _abort(config: Config, state: State) -> Iterator[Step]:
    """Set one epoch aside above every reserved one; publish the old authority there.

    Both compare with the epoch of the record in which the route still was in this hand-off: the stalled driver may
    have published the flip since.
    """
    if state.driver.first == 0:
        if config.abort_looks and AUTHORITY[state.phase] != state.driver.source:
            yield ("control", "too late"), state._replace(driver=Driver("look"))
            return
        epoch = (state.reserved if config.reserve else state.epoch) + 1
        ready = state.driver._replace(first=epoch, expected=state.epoch)
        kept = max(state.reserved, epoch) if config.reserve else state.reserved
        yield ("control", "reserve", epoch), state._replace(driver=ready, reserved=kept)
        return
    source = state.driver.source
    after = publish(config, state, state.driver.first, SERVED[source], state.driver.expected)
    if after is None:
        yield ("control", "refused", state.driver.first), state._replace(driver=Driver("look"))
        return
    if not config.fence_grows:
        after = after._replace(**{source: getattr(state, source)._replace(fence=1)})
    yield ("control", "publish", state.driver.first, SERVED[source]), after._replace(driver=Driver("look"))


def _look(_: Config, state: State) -> Iterator[Step]:
    """Where the route stands decides what the driver does next."""
    following = Driver(STEADY[state.phase]) if state.phase in STEADY else Driver("abort", _source(state.phase))
    yield ("control", "look"), state._replace(driver=following)


def _source(phase: int) -> str:
    return "a" if phase == HANDOFF else "b"


def _plain(config: Config, state: State) -> Iterator[Step]:
    if not state.a.joined:
        fence = state.reserved + 1
        yield (
            ("control", "join", fence),
            state._replace(
                a=state.a._replace(joined=True, fence=fence),
                b=state.b._replace(joined=True, fence=fence if config.fence_replica else 0),
            ),
        )
    elif state.forwards:
        yield _moved(state, JOURNAL_A, "journal", copied=False)


def _journal(config: Config, state: State) -> Iterator[Step]:
    if all_acknowledged(state) or not config.barrier:
        yield _moved(state, DUAL_A, "dual")


def _dual(config: Config, state: State) -> Iterator[Step]:
    if state.forwards and state.copied and not (state.suspect and config.verify_after_failover):
        yield _begin(config, state._replace(forwards=state.forwards - 1), "a")
    if state.retreats:
        yield _moved(state._replace(retreats=state.retreats - 1), JOURNAL_A, "retreating")


def _served(config: Config, state: State) -> Iterator[Step]:
    if state.backs:
        yield _begin(config, state._replace(backs=state.backs - 1), "b")
    if config.finish:
        yield _moved(state, SINGLE_B, "single")


def _begin(config: Config, state: State, source: str) -> Step:
    first = (state.reserved if config.reserve else state.epoch) + 1
    flip = first + config.gap
    driver = Driver("publish handoff", source, first, flip, state.epoch)
    kept = max(state.reserved, flip) if config.reserve else state.reserved
    return ("control", "reserve", first, flip), state._replace(driver=driver, reserved=kept)


def _moved(state: State, phase: int, at: str, **changes: object) -> Step:
    epoch = state.reserved + 1
    moved = state._replace(epoch=epoch, phase=phase, reserved=epoch, driver=Driver(at), **changes)
    return ("control", "publish", epoch, phase), moved


def _retreating(config: Config, state: State) -> Iterator[Step]:
    yield _moved(state, PLAIN_A, "plainly", **_workers_fenced(config))


def _workers_fenced(config: Config) -> dict[str, object]:
    """A plain write has no version to lose by: no worker may be able to write when the first one comes."""
    return {"stale": None, "relay": None, "copy": None} if config.fence_workers_before_plain else {}


def _plainly(config: Config, state: State) -> Iterator[Step]:
    """Every client is plain again: the structures go, and the replica is emptied for another try."""
    if all_acknowledged(state) or not config.acks_before_leaving:
        replica = None if config.empty_replica else _left(state.b.record)
        yield (
            ("control", "leave"),
            state._replace(a=Store(_left(state.a.record)), b=Store(replica), driver=Driver("plain"), copied=False),
        )


def _left(record: Record | None) -> Record | None:
    """What leaving the route leaves: the value alone."""
    return None if visible(record) is None else Record(0, 0, visible(record))


def _single(config: Config, state: State) -> Iterator[Step]:
    if all_acknowledged(state) or not config.acks_before_leaving:
        yield _moved(state, RETIRED, "retired", **_workers_fenced(config))


def _retired(config: Config, state: State) -> Iterator[Step]:
    """The source keeps its fence (or is renamed); versions, marks and fences of the target go."""
    if all_acknowledged(state) or not config.acks_before_leaving:
        b = Store(_left(state.b.record))
        yield ("control", "leave"), state._replace(b=b, driver=Driver("over"))


def _over(config: Config, state: State) -> Iterator[Step]:
    return iter(())


def _failover(state: State) -> Iterator[Step]:
    """The authority comes back without what it had acknowledged since the route began (F11)."""
    if state.driver.at == "dual" and state.phase == DUAL_A and state.a.record != Record(0, 0, 0):
        lost = state.a._replace(record=Record(0, 0, 0), seq=0, top=0, marked=False)
        yield (
            ("failover", "a"),
            state._replace(a=lost, failovers=state.failovers - 1, suspect=True, last=0, driver=Driver("incarnation")),
        )


def _incarnation(config: Config, state: State) -> Iterator[Step]:
    """A new run id: an epoch of its own, workers start anew under a newer fence, everything is verified again."""
    changes: dict[str, object] = {"check": None}
    if config.fence_workers_after_failover:
        changes |= {"stale": None, "relay": None, "copy": None}
    if config.bump_after_failover:
        changes["a"] = raise_fence(config, state.a, state.reserved + 1)
        yield _moved(state, DUAL_A, "dual", copied=False, **changes)
    else:
        yield ("control", "workers anew"), state._replace(driver=Driver("dual"), copied=False, **changes)


_OTHER_STEPS = {
    "plain": _plain,
    "journal": _journal,
    "dual": _dual,
    "served": _served,
    "abort": _abort,
    "look": _look,
    "retreating": _retreating,
    "plainly": _plainly,
    "single": _single,
    "retired": _retired,
    "over": _over,
    "incarnation": _incarnation,
}
