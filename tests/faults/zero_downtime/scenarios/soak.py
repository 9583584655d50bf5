"""F30: hand-overs there and back for a long time, while faults come at random."""

import time
from collections.abc import Callable, Mapping

from tests.faults.zero_downtime.journey import Journey
from tests.faults.zero_downtime.oracles import judge
from tests.faults.zero_downtime.registry import fault
from tests.faults.zero_downtime.rig import Rig
from tests.faults.zero_downtime.stage import Stage, stage

FULL_SECONDS = 3600
CYCLES = 20


class Trouble:
    """One random fault every so often, each mended by the next call or by itself."""

    def __init__(self, rig: Rig, at: Stage, journey: Journey) -> None:
        self._rig, self._at, self._journey = rig, at, journey
        self._next = time.monotonic() + 3
        self._workers = len(at.plane.workers)
        self._mend: Callable[[], object] = bool
        self.kinds: Mapping[str, Callable[[], Callable[[], object]]] = {
            "worker_killed": self._kill_worker,
            "dispatcher_killed": self._kill_dispatcher,
            "target_cut": lambda: self._proxy("b", "cut"),
            "source_cut": lambda: self._proxy("a", "cut"),
            "target_slow": lambda: self._slow("b"),
            "target_refuses": lambda: self._proxy("b", "refuse"),
            "client_frozen": self._freeze_client,
        }

    def look(self) -> None:
        if time.monotonic() < self._next:
            return
        self.mend()
        kind = self._rig.chance.choice(sorted(self.kinds))
        self._mend = self.kinds[kind]()
        self._rig.add(**{kind: 1})
        # The tempo of the faults shrinks with the scale less than the run does: a fault needs its time.
        self._next = time.monotonic() + self._rig.chance.uniform(5, 40) * max(0.3, self._rig.scale)

    def mend(self) -> None:
        self._mend()
        self._mend = bool

    def _kill_worker(self) -> Callable[[], object]:
        self._rig.chance.choice(self._at.plane.workers).kill()
        self._workers += 1
        self._at.plane.start_worker(f"worker-{self._workers}")
        return bool

    def _kill_dispatcher(self) -> Callable[[], object]:
        plane = self._at.plane
        name = next(name for name, each in plane.processes.items() if name.startswith("dispatcher") and each.alive)
        plane.processes[name].kill()
        plane.start_dispatcher(f"dispatcher-{self._rig.counts.get('dispatcher_killed', 0) + 1}")
        return bool

    def _proxy(self, side: str, order: str) -> Callable[[], object]:
        proxy = getattr(self._journey, side).proxy
        getattr(proxy, order)()
        return lambda: proxy.heal()

    def _slow(self, side: str) -> Callable[[], object]:
        proxy = getattr(self._journey, side).proxy
        proxy.delay(100)
        return lambda: proxy.heal()

    def _freeze_client(self) -> Callable[[], object]:
        name = self._rig.chance.choice(sorted(self._journey.traffic.processes))
        self._journey.traffic.freeze(name)
        return lambda: self._journey.traffic.thaw(name)


@fault("F30")
def soak(rig: Rig) -> None:
    with stage(rig) as at, at.journey("~redis", "~postgres") as journey:
        journey.traffic.start(journey.busy)
        journey.execute()
        journey.until_dual()
        trouble = Trouble(rig, at, journey)
        ends = time.monotonic() + rig.seconds(FULL_SECONDS, 30)
        cycles = 0
        while time.monotonic() < ends or cycles < 2:
            _turn(rig, journey, trouble, journey.hand_over, lambda: journey.served_by_b)
            _turn(rig, journey, trouble, journey.bring_back, lambda: journey.served_by_a)
            cycles += 1
        trouble.mend()
        rig.count(cycles=cycles)
        judge(journey)
        acked = rig.counts["operations"] - rig.counts["unknown"] - rig.counts["failed"]
        rig.count(acknowledged=acked, lost_at_most=f"{3 / max(1, acked):.1e} (95 %)")


def _turn(rig: Rig, journey: Journey, trouble: Trouble, order: Callable[[], None], there: Callable[[], bool]) -> None:
    """Give the order, again and again until it is carried out: a run that gave up waits to be told.

    For ten seconds after each outage of the target its lag keeps gate G3 closed, as it should, and luck may bring the
    next one before that. Then the faults rest, and the route has to move.
    """
    give_again = 0.0
    rests_from, limit = time.monotonic() + 90, time.monotonic() + 180

    def act() -> None:
        nonlocal give_again
        if time.monotonic() < rests_from:
            trouble.look()
        else:
            trouble.mend()
        if time.monotonic() > give_again:
            order()
            give_again = time.monotonic() + 10

    while not there():
        if journey.state not in ("queued", "running", "parked"):
            raise RuntimeError(f"the run is {journey.state}: {journey.run.error}")
        if time.monotonic() > limit:
            raise TimeoutError(f"the route did not get there: {journey.run.state} {journey.closed_gates()}")
        rig.watch(0.2, act)
