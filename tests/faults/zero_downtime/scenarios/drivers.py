"""Faults of those who drive: workers and the dispatcher are killed, frozen, doubled."""

import time

from celery import Celery

from migrations_app.engine.events import EventType
from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.models import Lease
from migrations_app.runtime import outbox
from tests.faults.zero_downtime.journey import Journey
from tests.faults.zero_downtime.oracles import judge
from tests.faults.zero_downtime.registry import fault
from tests.faults.zero_downtime.rig import Rig
from tests.faults.zero_downtime.settings import LEASE_SECONDS
from tests.faults.zero_downtime.stage import Stage, stage
from tests.faults.zero_downtime.traps import Trap, kill_at

BUDGET_MS = 2000
POINTS_OF_STEPS = (
    ("session.backfill.applied", 2),
    ("session.join.store", 1),
    ("session.journal.published", 1),
    ("session.dual_write.published", 1),
    ("session.backfill.read", 2),
    ("session.prove.pass", 1),
    ("forward.intent_written", 4),
    ("forward.effect_done", 5),
    ("forward.outcome_written", 6),
)
POINTS_OF_HAND_OVER = ("closed", "published", "reserved", "fenced", "drained", "compared", "done")


def fresh_workers(at: Stage, trap: Trap, *more: Trap) -> None:
    """Two workers that are armed take the place of those that are there."""
    before = at.plane.workers
    number = 1 + sum(name.startswith("worker") for name in at.plane.processes)
    armed = ";".join(each.armed for each in (trap, *more))
    at.plane.start_workers(f"worker-{number}", f"worker-{number + 1}", crash_at=armed)
    for old in before:
        old.end()


@fault("F1")
def killed_at_a_point(rig: Rig) -> None:
    """One kill a run. A successor goes on within the lease, and the stores end up level, each step done once."""
    with stage(rig, workers=0) as at:
        for point, nth in POINTS_OF_STEPS[:2] if rig.quick else POINTS_OF_STEPS:
            with rig.about(point), at.journey("redis", "redis", quiet=600, busy=100, batch_size=50) as journey:
                trap = Trap(rig, point, nth=nth, name=f"{journey.name}-{point}")
                fresh_workers(at, trap)
                journey.traffic.start(journey.busy, clients=2, rate=10)
                kill_at(journey, trap, begin=journey.execute)
                killed_at = time.monotonic()
                token = _tokens(journey)
                rig.reaches(lambda journey=journey, token=token: _tokens(journey) > token, 10, "a take-over")
                rig.most(slowest_takeover_s=round(time.monotonic() - killed_at, 2))
                at.plane.start_workers(f"worker-again-{journey.name}")
                journey.until_dual()
                journey.over()
                judge(journey)
                _each_step_once(rig, journey)


def _tokens(journey: Journey) -> int:
    return sum(Lease.objects.filter(run_id=journey.run_id).values_list("token", flat=True))


def _each_step_once(rig: Rig, journey: Journey) -> None:
    done = [event.step for event in journey.events(EventType.STEP_SUCCEEDED)]
    rig.expect(len(done) == len(set(done)), f"steps reported success more than once: {done}")


@fault("F2")
def frozen_and_woken(rig: Rig) -> None:
    """It stands between reading a page and writing it; when it wakes up another one has written pages of its own, and
    is in the middle of it: so nothing but the token keeps the first one's page out."""
    with stage(rig, workers=0) as at, at.journey("redis", "redis", batch_size=50, workers=1) as journey:
        read = Trap(rig, "session.backfill.read", nth=3)
        applied = Trap(rig, "session.backfill.applied", nth=3)
        going_on = Trap(rig, "session.backfill.read", nth=3, name="going-on")
        frozen = at.plane.start_workers("worker-frozen", crash_at=f"{read.armed};{applied.armed}")[0]
        journey.traffic.start(journey.busy)
        journey.execute()
        read.wait()
        at.plane.start_workers("worker-next", crash_at=going_on.armed)
        frozen.freeze()
        read.open()
        rig.watch(3 * LEASE_SECONDS)
        going_on.wait()
        rig.expect(not applied.sprung, "the frozen one was not frozen")
        frozen.thaw()
        rig.reaches(lambda: _refusals(journey) >= 1, 20, "the woken driver to be refused")
        rig.expect(not applied.sprung, "the woken driver wrote its page: the store did not refuse its token")
        rig.count(refusals=_refusals(journey))
        for trap in (applied, going_on):
            trap.open()
        journey.until_dual()
        journey.over()
        judge(journey)
        _each_step_once(rig, journey)


def _refusals(journey: Journey) -> int:
    return sum(Lease.objects.filter(run_id=journey.run_id).values_list("refusals", flat=True))


@fault("F3")
def delivered_twice(rig: Rig) -> None:
    with stage(rig, workers=0) as at, at.journey("redis", "redis", batch_size=50) as journey:
        trap = Trap(rig, "session.journal.published")
        at.plane.start_workers("worker-1", "worker-2", crash_at=trap.armed)
        journey.traffic.start(journey.busy)
        journey.execute()
        trap.wait()
        before = at.plane.logs().count("superseded")
        with Celery(broker=at.plane.broker.url, set_as_current=False) as sender:
            for _ in range(6):
                sender.send_task(outbox.DRIVE_RUN, args=[journey.run_id], queue=outbox.CONTROL)
        rig.reaches(lambda: at.plane.logs().count("superseded") >= before + 6, 20, "six deliveries to be superseded")
        rig.count(superseded=at.plane.logs().count("superseded") - before)
        trap.open()
        journey.until_dual()
        journey.over()
        judge(journey)
        _each_step_once(rig, journey)


@fault("F4")
def dispatcher_killed(rig: Rig) -> None:
    with stage(rig) as at, at.journey("redis", "redis") as journey:
        at.plane.processes["dispatcher"].kill()
        dying = at.plane.start_dispatcher("dispatcher-dying", crash_at="dispatcher.send.before").wait_ready()
        journey.traffic.start(journey.busy, clients=4)
        journey.execute()
        began = time.monotonic()
        rig.reaches(lambda: not dying.alive, 20, "the dispatcher to die before it sends")
        at.plane.start_dispatcher("dispatcher-next")
        rig.reaches(lambda: journey.events(EventType.STEP_STARTED), 8, "the first step to be dispatched")
        rig.count(dispatched_after_s=round(time.monotonic() - began, 2))
        journey.until_dual()
        journey.over()
        judge(journey)


@fault("F5")
def every_worker_killed(rig: Rig) -> None:
    with stage(rig, workers=0) as at, at.journey("postgres", "redis", quiet=2000, batch_size=100) as journey:
        trap = Trap(rig, "session.backfill.applied", nth=5)
        at.plane.start_workers("worker-1", "worker-2", crash_at=trap.armed)
        journey.traffic.start(journey.busy)
        journey.execute()
        trap.wait()
        for worker in at.plane.workers:
            worker.kill()
        trap.open()
        copied = len(journey.b.contents())
        rig.watch(rig.seconds(60))
        at.plane.start_workers("worker-3", "worker-4")
        journey.until_dual()
        counted = journey.events(EventType.STEP_SUCCEEDED)
        result = next(event.payload["result"] for event in counted if event.step == "transfer")
        recopied = result["sessions"] - len(journey.first)
        rig.count(copied_before=copied, copied_again=max(0, recopied))
        rig.expect(0 < copied < len(journey.first), f"{copied} sessions were copied before the kill")
        rig.expect(recopied <= 2 * 100, f"{recopied} rows were copied again; one batch of each worker is allowed")
        journey.over()
        judge(journey)
        _each_step_once(rig, journey)


@fault("F12")
def killed_in_the_hand_over(rig: Rig) -> None:
    """At each of (a) to (g): a successor completes or gives up, and writes wait no longer than the budget."""
    with stage(rig, workers=0) as at:
        at.plane.start_workers("worker-0")
        with at.journey("redis", "redis", canary_soak_ms=0) as journey:
            journey.traffic.start(journey.busy)
            journey.execute()
            journey.until_dual()
            for point in POINTS_OF_HAND_OVER[:1] if rig.quick else POINTS_OF_HAND_OVER:
                with rig.about(point):
                    _kill_and_go_on(rig, at, journey, point)
            with rig.about("stalled"):
                _stall_and_wake(rig, at, journey)
            judge(journey)
            slowest = rig.counts["slowest_ms"]
            rig.expect(slowest <= _budget(rig), f"a write waited {slowest:.0f} ms; {_budget(rig)} are the budget")


def _stall_and_wake(rig: Rig, at: Stage, journey: Journey) -> None:
    """The driver is frozen when all is ready for the flip; another one gives up, writes go on, and then it wakes."""
    trap = Trap(rig, "hand_off.closed", nth=4)
    fresh_workers(at, trap)
    journey.hand_over()
    trap.wait()
    frozen = rig.wait(lambda: at.plane.driver_of(journey.run), 5, "the driver")
    frozen.freeze()
    trap.open()
    rig.reaches(lambda: not journey.buckets(RoutePhase.HANDOFF), 6, "the stalled hand-over to be given up")
    journey.postpone()
    rig.watch(1)
    before, refused = journey.record, _refusals(journey)
    frozen.thaw()
    rig.reaches(lambda: _refusals(journey) > refused, 10, "the stalled driver to be refused")
    rig.expect(journey.record == before, "the stalled driver moved the route")
    rig.count(refusals=_refusals(journey))
    journey.over()


def _budget(rig: Rig) -> int:
    """The pause of 2 s, and twice of it where the machine is shared with other tests."""
    return 2 * BUDGET_MS if rig.quick else BUDGET_MS


def _kill_and_go_on(rig: Rig, at: Stage, journey: Journey, point: str) -> None:
    trap = Trap(rig, f"hand_off.{point}", nth=3)  # the first chunk of 64 buckets: somebody writes there
    fresh_workers(at, trap)
    before, given_up_before = journey.record.epoch, journey.log().count("was given up")
    kill_at(journey, trap, begin=journey.hand_over)
    began = time.monotonic()
    ended = rig.reaches(
        lambda: not journey.buckets(RoutePhase.HANDOFF), 5, "the orphaned hand-over to be completed or given up"
    )
    rig.most(slowest_recovery_ms=round(1000 * (time.monotonic() - began)) if ended else 5000)
    rig.expect(ended, "nobody ended the hand-over that its driver left open: writes wait")
    gave_up = journey.log().count("was given up") > given_up_before
    rig.add(given_up=int(gave_up), completed=int(not gave_up))
    journey.over()
    rig.expect(journey.record.epoch > before, "the epoch did not grow")
    journey.back()


@fault("F25")
def brought_back_with_a_kill(rig: Rig) -> None:
    with stage(rig, workers=0) as at:
        at.plane.start_workers("worker-0")
        with at.journey("redis", "postgres") as journey:
            journey.traffic.start(journey.busy)
            journey.execute()
            journey.until_dual()
            journey.over()
            rig.watch(rig.seconds(600, 3) if not rig.quick else 3)
            trap = Trap(rig, "hand_off.drained")
            fresh_workers(at, trap)
            kill_at(journey, trap, begin=journey.bring_back)
            journey.back()
            journey.over()
            judge(journey)
            slowest = rig.counts["slowest_ms"]
            rig.expect(slowest <= _budget(rig), f"a write waited {slowest:.0f} ms; {_budget(rig)} are the budget")
