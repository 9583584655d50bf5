"""Faults of deadlines: sessions that live only because they are used, and a store whose clock is wrong."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from migrations_app.routing.configuration import router_from
from migrations_app.routing.router import SessionRouter
from tests.faults.zero_downtime.client import packed
from tests.faults.zero_downtime.journey import Journey
from tests.faults.zero_downtime.oracles import judge
from tests.faults.zero_downtime.places import Place
from tests.faults.zero_downtime.registry import fault
from tests.faults.zero_downtime.rig import Rig
from tests.faults.zero_downtime.stage import stage

LIFETIME_MS = 2000
LONGER_MS = 3000  # where the machine is shared with other tests: a touch that comes late is a dead session
TOUCHED_EVERY = 1.5  # seconds
TOUCHERS = 8  # threads
MOST_LATE = 20  # one of so many
LAST_MS = 1500  # after this much more than a lifetime nobody may be there
RELAY_DELAY_MS = 200
AHEAD_MS = (30_000, -30_000)


@dataclass(frozen=True, slots=True)
class Sliding:
    """Sessions that one client keeps alive by touching them, several at once: a bucket that waits for its hand-over
    must not make the others late. `asked`: when each was last asked to live on; its lifetime began no earlier.
    """

    rig: Rig
    router: SessionRouter
    names: Sequence[str]
    lifetime_ms: int
    asked: dict[str, float] = field(default_factory=dict)

    def begin(self) -> None:
        for name in self.names:
            self._set(name)

    def keep_alive(self, rounds: int = 1) -> None:
        for _ in range(rounds):
            began = time.monotonic()
            self.touch_all()
            self.rig.watch(max(0.0, TOUCHED_EVERY - (time.monotonic() - began)))

    def touch_all(self) -> None:
        with ThreadPoolExecutor(TOUCHERS) as touchers:
            found = list(touchers.map(self._touch, self.names))
        self.rig.add(touches=len(found), late=found.count("late"))
        missing = found.count("missing")
        self.rig.expect(not missing, f"O4 {missing} living session(s) were missing at a touch")

    def _set(self, name: str) -> None:
        self.asked[name] = time.monotonic()
        self.router.set(name, packed(name), ttl_ms=self.lifetime_ms)

    def _touch(self, name: str) -> str:
        """A session may be dead by right when the answer came more than a lifetime after the last touch was sent."""
        before, self.asked[name] = self.asked[name], time.monotonic()
        if self.router.touch(name, self.lifetime_ms):
            return "alive"
        if (time.monotonic() - before) * 1000 < self.lifetime_ms:
            return "missing"
        self._set(name)
        return "late"

    def until(self, condition: Callable[[], bool]) -> None:
        ends = time.monotonic() + 120
        while not condition():
            if time.monotonic() > ends:
                raise TimeoutError("the hand-over did not end")
            self.keep_alive()

    def all_there(self, place: Place, when: str) -> None:
        self.touch_all()
        held = place.contents()
        missing = [name for name in self.names if name not in held]
        self.rig.expect(not missing, f"O4 {len(missing)} session(s) are missing {when}")

    def all_gone(self, place: Place, side: str) -> None:
        left = place.contents().keys() & set(self.names)
        self.rig.expect(not left, f"O4 {len(left)} session(s) outlived their deadline on {side}")


def slide(rig: Rig, journey: Journey, count: int) -> None:
    """Keep them alive while the relay is slow, there and back; then let all of them end."""
    lifetime_ms = LONGER_MS if rig.quick else LIFETIME_MS
    with router_from(journey.router()) as router:
        sliding = Sliding(rig, router, [f"sliding:{number:04d}" for number in range(count)], lifetime_ms)
        journey.traffic.start(journey.busy, clients=2)
        journey.execute()
        journey.until_dual()
        sliding.begin()
        assert journey.b.proxy is not None
        journey.b.proxy.delay(RELAY_DELAY_MS)
        sliding.keep_alive(rounds=3)
        journey.b.proxy.heal()
        journey.hand_over()
        sliding.until(lambda: journey.served_by_b)
        sliding.all_there(journey.b, "after the cut-over")
        journey.bring_back()
        sliding.until(lambda: journey.served_by_a)
        sliding.all_there(journey.a, "after the way back")
        late, touches = rig.counts["late"], rig.counts["touches"]
        rig.expect(late * MOST_LATE <= touches, f"O8 {late} of {touches} touches came too late to keep anything alive")
        rig.watch((lifetime_ms + LAST_MS) / 1000)
        sliding.all_gone(journey.a, "a")
        sliding.all_gone(journey.b, "b")
        judge(journey)


@fault("F22")
def slow_relay(rig: Rig) -> None:
    """Sessions of 2 s are touched every 1.5 s while the relay is slow: all live; then nobody touches: all end."""
    with stage(rig) as at, at.journey("redis", "~redis", quiet=200, pause_target_ms=5000) as journey:
        slide(rig, journey, 100 if rig.quick else 1000)


@fault("F23")
def wrong_clock(rig: Rig) -> None:
    """The same with a target whose clock is half a minute off: deadlines are carried over by its own clock."""
    with stage(rig) as at:
        for ahead_ms in AHEAD_MS[:1] if rig.quick else AHEAD_MS:
            places = at.place("redis"), at.place("redis", proxied=True, ahead_ms=ahead_ms)
            with rig.about(f"{ahead_ms:+} ms"), at.between(*places, quiet=200, pause_target_ms=5000) as journey:
                slide(rig, journey, 100)
                skew = journey.panel("relay").get("skew_ms", 0)
                rig.expect(abs(skew - ahead_ms) < 1000, f"O8 the clock was measured as {skew} ms off")
                rig.add(clocks=1)
