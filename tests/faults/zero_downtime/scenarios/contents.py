"""Faults of what the stores hold: corruption, hot sessions, logouts, deadlines."""

import time
from collections.abc import Callable

from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.handlers.session.zero_downtime.waves import WAVES
from migrations_app.routing.configuration import router_from
from migrations_app.routing.router import SessionRouter
from migrations_app.stores.routed.base import bucket_of
from tests.faults.zero_downtime.client import packed
from tests.faults.zero_downtime.journey import Journey
from tests.faults.zero_downtime.oracles import judge, untouched
from tests.faults.zero_downtime.places import HOUR_MS, Contents, Place, now_ms
from tests.faults.zero_downtime.registry import fault
from tests.faults.zero_downtime.rig import Rig
from tests.faults.zero_downtime.scenarios.drivers import fresh_workers
from tests.faults.zero_downtime.stage import stage
from tests.faults.zero_downtime.traps import Trap

ONE_PASS_SECONDS = 20.0  # a rest of 5 s between passes, and the pass


def corruptions(place: Place, seen: Contents, names: list[str]) -> dict[str, Callable[[], None]]:
    """What the verifier should call it -> how it is done, each to a session of its own."""
    byte, gone, later, sooner = names[:4]
    damaged = bytes([seen[byte].value[0] ^ 1]) + seen[byte].value[1:]
    return {
        "value": lambda: place.put(byte, damaged, seen[byte].deadline),
        "missing": lambda: place.remove(gone),
        "extra": lambda: place.put("nobodys:1", packed("nobody"), now_ms() + HOUR_MS),
        "deadline": lambda: place.put(later, seen[later].value, (seen[later].deadline or 0) + HOUR_MS),
        "deadline of a relative TTL": lambda: place.put(sooner, seen[sooner].value, now_ms() + HOUR_MS // 2),
    }


@fault("F18")
def corrupted(rig: Rig) -> None:
    """Each kind is found within a pass, by its name, and mended; nothing is handed over until a clean pass."""
    with stage(rig, workers=0) as at:
        for target in ("redis",) if rig.quick else ("redis", "postgres"):
            canary = Trap(rig, "hand_off.done", name=target)
            fresh_workers(at, canary)
            with rig.about(target), at.journey("redis", target, quiet=600, canary_soak_ms=0) as journey:
                journey.traffic.start(journey.busy, clients=4)
                journey.execute()
                journey.until_dual()
                for kind, corrupt in corruptions(journey.b, journey.first, journey.quiet).items():
                    corrupt()
                    _is_mended(rig, journey, kind)
                journey.hand_over()
                canary.wait()
                _damage_the_next(journey)
                canary.open()
                journey.over()
                judge(journey)


def _damage_the_next(journey: Journey) -> None:
    """Between two waves, in the buckets of the second: a pass must find it before they are handed over.

    The verifier has just begun a rest of a second; a driver that waits for nothing is quicker.
    """
    passes = journey.panel("verifier").get("passes", 0)
    journey.wait(lambda: journey.panel("verifier").get("passes", 0) > passes, ONE_PASS_SECONDS, "the end of a pass")
    for name in [name for name in journey.quiet if WAVES[0] <= bucket_of(name) < WAVES[1]][:5]:
        journey.b.put(name, packed("damaged"), journey.first[name].deadline)


def _is_mended(rig: Rig, journey: Journey, kind: str) -> None:
    began = time.monotonic()
    word = kind.split()[0]
    rig.reaches(
        lambda: journey.panel("verifier").get("kinds", {}).get(word, 0) >= 1, ONE_PASS_SECONDS, f"{kind} to be found"
    )
    rig.most(found_after_s=round(time.monotonic() - began, 1))
    clean = lambda: journey.panel("verifier").get("diverging", 1) == 0  # noqa: E731
    rig.reaches(clean, ONE_PASS_SECONDS, f"a clean pass after {kind}")
    wrong = list(untouched(journey.b.contents(), journey.first, journey.quiet))
    wrong += [f"{name} is there" for name in ("nobodys:1",) if name in journey.b.contents()]
    rig.expect(not wrong, f"{kind} was not mended: {wrong}")
    rig.add(found_and_mended=int(not wrong))


@fault("F19")
def corrupted_in_the_hand_over(rig: Rig) -> None:
    """Sessions that were carried lately are damaged while writes wait: the comparison refuses, and gives up in time."""
    with stage(rig, workers=0) as at, at.journey("redis", "redis", canary_soak_ms=0) as journey:
        trap = Trap(rig, "hand_off.drained", nth=2)
        at.plane.start_workers("worker-1", crash_at=trap.armed)
        journey.traffic.start(journey.busy, rate=40)
        journey.execute()
        journey.until_dual()
        journey.hand_over()
        trap.wait()
        for name, seen in journey.b.contents().items():
            if name.startswith("busy:"):
                journey.b.put(name, packed("damaged"), seen.deadline)
        began = time.monotonic()
        trap.open()
        gave_up = lambda: journey.said("differ between the stores while writes wait")  # noqa: E731
        if rig.reaches(gave_up, 5, "the hand-over to be given up"):
            rig.count(given_up_after_ms=round(1000 * (time.monotonic() - began)))
        rig.reaches(lambda: not journey.buckets(RoutePhase.HANDOFF), 5, "writes to go on")
        journey.over()
        judge(journey)


@fault("F20")
def hot_session(rig: Rig) -> None:
    """Rewritten as fast as can be while it is compared: no divergence, and the passes come to their end."""
    with stage(rig) as at, at.journey("redis", "postgres", quiet=600) as journey:
        journey.traffic.start(journey.busy, clients=3)
        journey.traffic.start(journey.busy[:1], clients=2, name="hot", rate=250, mix={"set": 9, "touch": 1})
        journey.execute()
        journey.until_dual()
        first = journey.panel("verifier").get("passes", 0)
        wanted = 2 if rig.quick else 4
        rig.reaches(
            lambda: journey.panel("verifier").get("passes", 0) >= first + wanted, 60, f"{wanted} passes of the verifier"
        )
        seen = journey.panel("verifier")
        rig.count(passes=seen.get("passes", 0) - first, repaired=seen.get("repaired_in_all", 0))
        rig.expect(seen.get("repaired_in_all", 0) == 0, f"a hot session was called divergent: {seen}")
        journey.over()
        judge(journey)
    _written_before_the_acknowledgement(rig)


def _written_before_the_acknowledgement(rig: Rig) -> None:
    """The relay stands between carrying sessions and acknowledging their marks; they are rewritten meanwhile, and then
    never again."""
    with stage(rig, workers=0) as at, at.journey("redis", "redis", name="hot-marks", quiet=100, busy=20) as journey:
        trap = Trap(rig, "relay.applied", nth=20)
        at.plane.start_workers("worker-11", "worker-12", crash_at=trap.armed)
        journey.execute()
        journey.until_dual()
        journey.traffic.start(journey.busy[:5], clients=4, rate=100, mix={"set": 1})
        trap.wait()
        rig.watch(0.5)
        judge(journey, stopped=trap.open)


class Logouts:
    """Ends sessions through a router, and looks again and again whether one rises."""

    def __init__(self, rig: Rig, journey: Journey, router: SessionRouter) -> None:
        self._rig, self._journey, self._router = rig, journey, router
        self.ended: set[str] = set()
        self._gone: dict[str, set[str]] = {"a": set(), "b": set()}

    def end(self, names: list[str]) -> None:
        for name in names:
            self._router.delete(name)
            self.ended.add(name)
            self._rig.add(logged_out=1)

    def while_slow(self, names: list[str]) -> None:
        """One after the other, each owed to the other store for a while: no tombstone may be collected before.

        They are written before: a session without a version would not be believed to be newer there.
        """
        proxy = self._journey.b.proxy
        assert proxy is not None
        for name in names:
            self._router.set(name, packed(f"written.{name}"), ttl_ms=HOUR_MS)
        self._rig.reaches(lambda: self._journey.a.marked() == 0, 20, "what was written to be carried")
        proxy.delay(150)
        passes = self._journey.panel("verifier").get("passes", 0)
        for name in names:
            self.end([name])
            self._rig.watch(0.1)
            self.look()
        proxy.heal()
        self._rig.add(passes_meanwhile=self._journey.panel("verifier").get("passes", 0) - passes)
        self._rig.watch(2, self.look)

    def look(self) -> None:
        serving = self._journey.record.authority
        for side, place in (("a", self._journey.a), ("b", self._journey.b)):
            there = self.ended & place.contents().keys()
            risen = there & self._gone[side]
            self._rig.add(polls=1)
            self._rig.expect(not risen, f"O3 {len(risen)} session(s) rose again on {side}, such as {sorted(risen)[:1]}")
            self._gone[side] |= self.ended - there
            self._gone[side] -= risen
        if self._journey.record.buckets == ():
            held = self.ended & (self._journey.a if serving == "a" else self._journey.b).contents().keys()
            self._rig.expect(not held, f"O3 {len(held)} ended session(s) are there where they are served")


@fault("F21")
def logout_storm(rig: Rig) -> None:
    """A tenth logs out between the reading and the writing of a page, a tenth while the relay is slow, a tenth in the
    hand-over, a tenth before the way back; nobody comes back to life."""
    with (
        stage(rig, workers=0) as at,
        at.journey("redis", "~redis", quiet=600, batch_size=600, workers=1, canary_soak_ms=0) as journey,
    ):
        copying, handing = Trap(rig, "session.backfill.read"), Trap(rig, "hand_off.fenced", nth=3)
        at.plane.start_workers("worker-1", "worker-2", crash_at=f"{copying.armed};{handing.armed}")
        journey.traffic.start(journey.busy, clients=4)
        tenths = [journey.quiet[start::10] for start in range(10)]
        with router_from(journey.router()) as router:
            storm = Logouts(rig, journey, router)
            router.get(journey.quiet[0])
            journey.execute()
            _caught(rig, copying, lambda: storm.end(tenths[0]))
            carried = lambda: journey.panel("relay").get("carried", 0) >= len(tenths[0])  # noqa: E731
            rig.reaches(carried, 20, "the logouts to be on the other side before the page")
            storm.look()  # gone on both sides: from now on nobody may be seen again
            copying.open()
            rig.watch(1, storm.look)
            journey.until_dual()
            storm.while_slow(tenths[3])
            journey.hand_over()
            _caught(rig, handing, bool)
            handing.open()
            storm.end(tenths[1])
            storm.look()
            journey.over()
            storm.end(tenths[2])
            storm.look()
            journey.back()
            rig.watch(1, storm.look)
            journey.quiet = [name for name in journey.quiet if name not in storm.ended]
            judge(journey)
            storm.look()


def _caught(rig: Rig, trap: Trap, act: Callable[[], None]) -> None:
    """Act while a driver stands in the trap."""
    trap.wait()
    rig.add(caught=1)
    act()
