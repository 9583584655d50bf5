"""Faults of the stores: away, slow, cut, restarted, forgetful, full."""

import shutil
import statistics
import time
from collections.abc import Callable

from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.routing.configuration import router_from
from migrations_app.testing.histories import Action, Operation
from tests.faults.zero_downtime.client import packed
from tests.faults.zero_downtime.journey import Journey
from tests.faults.zero_downtime.oracles import judge
from tests.faults.zero_downtime.places import HOUR_MS, RedisPlace, now_ms
from tests.faults.zero_downtime.registry import fault
from tests.faults.zero_downtime.rig import Rig
from tests.faults.zero_downtime.stage import stage
from tests.faults.zero_downtime.traps import Trap

LAG_SECONDS = 15.0


def latencies(operations: list[Operation], since_ns: int, until_ns: int) -> list[float]:
    """Of writes that began in the window, in ms, sorted."""
    return sorted(
        (each.returned_at_ns - each.invoked_at_ns) / 1e6
        for each in operations
        if each.action is not Action.GET
        and each.returned_at_ns is not None
        and since_ns <= each.invoked_at_ns < until_ns
    )


def compare(rig: Rig, journey: Journey, calm: tuple[int, int], faulty: tuple[int, int]) -> None:
    """The writes' median within 10 % and p99 within twice the calm time's (PROTOCOL 7); 1 ms is the clock's noise."""
    operations = journey.traffic.operations()
    before, during = latencies(operations, *calm), latencies(operations, *faulty)
    if not rig.expect(len(before) > 50 and len(during) > 50, "too few writes to compare"):
        return
    medians = statistics.median(before), statistics.median(during)
    p99s = before[len(before) * 99 // 100], during[len(during) * 99 // 100]
    rig.count(median_ms=round(medians[0], 2), median_in_fault_ms=round(medians[1], 2))
    rig.count(p99_ms=round(p99s[0], 1), p99_in_fault_ms=round(p99s[1], 1))
    if not rig.quick:
        rig.expect(medians[1] <= 1.1 * medians[0] + 1, f"the median went from {medians[0]:.2f} to {medians[1]:.2f} ms")
        rig.expect(p99s[1] <= 2 * p99s[0] + 5, f"the p99 went from {p99s[0]:.1f} to {p99s[1]:.1f} ms")


def window(rig: Rig, seconds: float, act: Callable[[], object] = bool) -> tuple[int, int]:
    began = time.monotonic_ns()
    rig.watch(seconds, act)
    return began, time.monotonic_ns()


@fault("F6")
def cut_in_a_page(rig: Rig) -> None:
    """The source's connection is reset every so many bytes while it is read; no page is taken for the last."""
    with stage(rig) as at, at.journey("~redis", "redis", quiet=2000, batch_size=100, workers=1) as journey:
        journey.traffic.start(journey.busy, clients=4)
        assert journey.a.proxy is not None
        sizes = [rig.chance.randrange(2_000, 60_000) for _ in range(20)]
        journey.execute()
        journey.wait(lambda: journey.step_state("dual_write") == "succeeded", 60, "both to be kept level")
        for size in sizes:
            if journey.step_state("transfer") == "succeeded":
                break
            before = journey.a.proxy.fired
            journey.a.proxy.cut_after(size)
            rig.watch(0.3, lambda before=before: journey.a.proxy is None or journey.a.proxy.fired > before)
        rig.count(cuts=journey.a.proxy.fired)
        journey.a.proxy.heal()
        rig.expect(journey.a.proxy.fired >= 1, "O8 no connection was cut")
        journey.until_dual()
        copied = journey.b.contents()
        missing = [name for name in journey.quiet if name not in copied]
        rig.expect(not missing, f"{len(missing)} sessions were never copied: a cut page was taken for the end")
        journey.over()
        judge(journey)


@fault("F7")
def source_hangs(rig: Rig) -> None:
    """Workers get no answer from the source for a while; the copy waits, and goes on by itself."""
    with stage(rig, workers=0) as at, at.journey("~redis", "redis", batch_size=50, workers=1) as journey:
        trap = Trap(rig, "session.backfill.applied", nth=2)
        at.plane.start_workers("worker-1", "worker-2", crash_at=trap.armed)
        journey.traffic.start(journey.busy, clients=4)
        journey.execute()
        trap.wait()
        assert journey.a.proxy is not None
        journey.a.proxy.freeze()
        trap.open()
        rig.watch(rig.seconds(30, 3))
        rig.expect(journey.step_state("transfer") != "succeeded", "the copy ended without its source")
        rig.expect(journey.step_state("prove") in ("", "pending"), "the next step began without the source")
        journey.a.proxy.thaw()
        journey.until_dual()
        journey.over()
        judge(journey)


@fault("F8")
def target_down(rig: Rig) -> None:
    """Nobody who uses a session notices; the journal keeps what the target lacks, and it gets it when it is back."""
    with stage(rig) as at, at.journey("redis", "~redis") as journey:
        journey.traffic.start(journey.busy)
        journey.execute()
        journey.until_dual()
        assert journey.b.proxy is not None
        lasts = rig.seconds(300, 5) if not rig.quick else 5
        calm = window(rig, lasts / 2)
        journey.b.proxy.refuse()
        faulty = window(rig, lasts)
        backlog = journey.a.marked()
        rig.count(down_s=round(lasts, 1), backlog=backlog)
        rig.expect(backlog > 0, "O8 the journal did not grow while the target was down")
        journey.b.proxy.heal()
        began = time.monotonic()
        rig.reaches(lambda: journey.a.marked() < 20, LAG_SECONDS, "the relay to catch up")
        rig.count(caught_up_after_s=round(time.monotonic() - began, 2))
        compare(rig, journey, calm, faulty)
        journey.over()
        judge(journey)


@fault("F9")
def target_slow(rig: Rig) -> None:
    with stage(rig) as at, at.journey("redis", "~redis") as journey:
        journey.traffic.start(journey.busy)
        journey.execute()
        journey.until_dual()
        assert journey.b.proxy is not None
        calm = window(rig, 4)
        journey.b.proxy.delay(500)
        faulty = window(rig, 4)
        rig.expect(journey.b.proxy.fired > 0, "O8 nothing was delayed")
        compare(rig, journey, calm, faulty)
        journey.hand_over()
        rig.watch(3)
        rig.count(handed_over_while_slow=journey.buckets(RoutePhase.DUAL_B))
        journey.b.proxy.heal()
        journey.over()
        judge(journey)


@fault("F10")
def source_restarts(rig: Rig) -> None:
    """It keeps its data. Clients see the store's own errors only; the migration goes on under a new incarnation."""
    with stage(rig) as at, at.journey("redis", "redis") as journey:
        assert isinstance(journey.a, RedisPlace)
        journey.traffic.start(journey.busy)
        journey.execute()
        journey.until_dual()
        before = journey.record.epoch
        journey.a.server.restart()
        rig.watch(2)
        journey.over()
        rig.count(epochs=journey.record.epoch - before)
        judge(journey, failed=None)
        rig.count(failed_while_away=rig.counts.pop("failed", 0))


@fault("F11")
def source_forgets(rig: Rig) -> None:
    """A failover loses the last acknowledged writes, which the target has: they come back, and nothing is silent."""
    with stage(rig) as at, at.journey("redis", "redis") as journey:
        assert isinstance(journey.a, RedisPlace)
        journey.traffic.start(journey.busy, clients=4)
        journey.execute()
        journey.until_dual()
        judge(journey)
        with journey.a.client() as store:
            store.config_set("appendonly", "no")
            store.save()
        dump = journey.a.server.directory / "dump.rdb"
        kept = dump.with_suffix(".kept")
        shutil.copy(dump, kept)
        forgotten = _write_through_a_router(journey, journey.busy[:20])
        rig.reaches(lambda: journey.a.marked() == 0, LAG_SECONDS, "the last writes to be carried")
        before = journey.record.epoch
        journey.a.server.kill()
        shutil.rmtree(journey.a.server.directory / "appendonlydir", ignore_errors=True)
        shutil.copy(kept, dump)
        journey.a.server._options["appendonly"] = "no"
        journey.a.server.start()
        held = journey.a.contents()
        lost = [name for name, value in forgotten.items() if name in held and held[name].value != packed(value)]
        rig.count(forgotten=len(lost))
        rig.expect(lost, "O8 the failover forgot nothing")
        rig.reaches(lambda: _all_back(journey, forgotten), 40, "the forgotten writes to be back on the source")
        rig.reaches(lambda: journey.record.epoch > before, LAG_SECONDS, "a new epoch for the new incarnation")
        rig.count(epochs=journey.record.epoch - before, repaired=journey.panel("verifier").get("repaired_in_all", 0))
        journey.over()
        held = journey.b.contents()
        rig.expect(all(held[name].value == packed(value) for name, value in forgotten.items()), "O2 writes were lost")


def _write_through_a_router(journey: Journey, names: list[str]) -> dict[str, str]:
    with router_from(journey.router()) as router:
        for name in names:
            router.set(name, packed(f"newest.{name}"), ttl_ms=HOUR_MS)
    return {name: f"newest.{name}" for name in names}


def _all_back(journey: Journey, forgotten: dict[str, str]) -> bool:
    held = journey.a.contents()
    return all(name in held and held[name].value == packed(value) for name, value in forgotten.items())


@fault("F13")
def cannot_be_emptied(rig: Rig) -> None:
    """The target stops answering in the middle of a hand-over: it is given up at the limit, and writes go on."""
    with stage(rig, workers=0) as at, at.journey("redis", "~redis", canary_soak_ms=0) as journey:
        trap = Trap(rig, "hand_off.fenced", nth=2)
        at.plane.start_workers("worker-1", "worker-2", crash_at=trap.armed)
        journey.traffic.start(journey.busy, rate=40)
        journey.execute()
        journey.until_dual()
        journey.hand_over()
        trap.wait()
        assert journey.b.proxy is not None
        journey.b.proxy.freeze()
        began = time.monotonic()
        trap.open()
        ended = rig.reaches(lambda: not journey.buckets(RoutePhase.HANDOFF), 6, "the hand-over to be given up")
        rig.count(given_up_after_ms=round(1000 * (time.monotonic() - began)))
        limit = 4.0 if rig.quick else 2.5
        rig.expect(ended and time.monotonic() - began <= limit, f"it was not given up within {limit} s")
        rig.watch(1)
        journey.b.proxy.thaw()
        journey.over()
        judge(journey)


@fault("F24")
def without_room(rig: Rig) -> None:
    """A full target: the relay says so, the gate G5 is closed, the source serves on; with room it goes on."""
    with stage(rig) as at, at.journey("redis", "redis") as journey:
        assert isinstance(journey.b, RedisPlace)
        journey.traffic.start(journey.busy)
        journey.execute()
        journey.until_dual()
        with journey.b.client() as store:
            store.config_set("maxmemory", "1mb")
        rig.watch(3)
        backlog = journey.a.marked()
        rig.count(backlog=backlog)
        rig.expect(backlog > 0, "O8 the full target took everything")
        journey.hand_over()
        rig.watch(2)
        rig.expect(not journey.buckets(RoutePhase.DUAL_B), "a bucket was handed over to a full store")
        with journey.b.client() as store:
            store.config_set("maxmemory", "0")
            store.config_set("maxmemory-policy", "allkeys-lru")
            store.config_set("maxmemory", "512mb")
        rig.reaches(lambda: "G5" in journey.closed_gates(), 20, "the gate G5 to close for a store that evicts")
        rig.expect(not journey.buckets(RoutePhase.DUAL_B), "a bucket was handed over to a store that evicts")
        with journey.b.client() as store:
            store.config_set("maxmemory-policy", "noeviction")
            store.config_set("maxmemory", "0")
        journey.over()
        judge(journey)


@fault("F26")
def back_without_a_source(rig: Rig) -> None:
    """Bringing back is asked for while the source is down: the target serves on, and it happens when it is back."""
    with stage(rig) as at, at.journey("~redis", "redis") as journey:
        journey.traffic.start(journey.busy)
        journey.execute()
        journey.until_dual()
        journey.over()
        assert journey.a.proxy is not None
        journey.a.proxy.refuse()
        refused_at = now_ms()
        journey.bring_back()
        rig.watch(rig.seconds(60, 4))
        rig.expect(journey.served_by_b, "a bucket went back to a store that is down")
        rig.expect(journey.b.marked() > 0, "O8 the journal did not keep what the source lacks")
        rig.count(down_ms=now_ms() - refused_at, backlog=journey.b.marked())
        journey.a.proxy.heal()
        rig.wait(lambda: journey.state in ("running", "parked"), 30, "the run to be alive")
        journey.back()
        judge(journey)
