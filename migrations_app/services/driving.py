"""One slice of driving a run or a partition: claim, drive, settle. What tasks and the watchdog call.

The lease decides: whoever does not get it ends with "superseded" and has changed nothing.
"""

import logging
import os
import socket
import threading
import uuid
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from django.db import transaction

from migrations_app.engine.brief import Outcome, OutcomeKind
from migrations_app.engine.errors import HandlerMissing, LeaseLost, MigrationError, PlanIsStale, UserCancelled
from migrations_app.engine.events import EventType, NewEvent
from migrations_app.engine.interruptions import SliceOver
from migrations_app.engine.ports import BACKGROUND, Clock, WorkerToken
from migrations_app.engine.vocabulary import RunKind, RunState, Signal
from migrations_app.models import BreakGlass, Run
from migrations_app.runtime import composition, driver_spans, impact, journal, leases, lost_spans, work
from migrations_app.runtime.clock import database_now
from migrations_app.runtime.heartbeat import Heartbeat
from migrations_app.runtime.leases import Scope
from migrations_app.runtime.target_check import check_targets
from migrations_app.selectors.signing import signing_of

logger = logging.getLogger(__name__)

SUPERSEDED = Outcome(OutcomeKind.SUPERSEDED)
TRY_AGAIN = timedelta(seconds=10)
TRY_SOON = timedelta(seconds=1)
TRY_OTHERS = timedelta(seconds=2)
BACKGROUND_SECONDS = 300.0  # below the broker's visibility timeout


@dataclass(frozen=True, slots=True)
class Stopping:
    """Set when this process was told to stop: drivers end at the next checkpoint."""

    asked: threading.Event

    def __call__(self) -> bool:
        return self.asked.is_set()


process_stop = Stopping(threading.Event())


def holder_name() -> str:
    """Unique for each drive: host, process, and the drive itself."""
    return f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"


def drive_run(*, run_id: int, clock: Clock, holder: str = "", stopping: Callable[[], bool] = process_stop) -> Outcome:
    """Drive a run for one slice. See `drive`."""
    return drive(scope=Scope(run_id), clock=clock, holder=holder, stopping=stopping)


def drive_partition(
    *,
    run_id: int,
    step: str,
    partition: int,
    clock: Clock,
    holder: str = "",
    stopping: Callable[[], bool] = process_stop,
) -> Outcome:
    """Drive one partition of a step for one slice. See `drive`."""
    return drive(scope=Scope(run_id, step, partition), clock=clock, holder=holder, stopping=stopping)


def drive_background(
    *, run_id: int, name: str, clock: Clock, holder: str = "", stopping: Callable[[], bool] = process_stop
) -> Outcome:
    """Drive what goes on beside a run's steps, slice after slice: a relay that waits for the broker carries nothing.

    Returns the last outcome. See `drive`.
    """
    ends = clock.monotonic() + BACKGROUND_SECONDS
    while True:
        outcome = drive(scope=Scope(run_id, BACKGROUND + name), clock=clock, holder=holder, stopping=stopping)
        if outcome.kind is not OutcomeKind.YIELDED or stopping() or clock.monotonic() >= ends:
            return outcome


def drive(*, scope: Scope, clock: Clock, holder: str = "", stopping: Callable[[], bool] = process_stop) -> Outcome:
    """Claim the scope's lease and drive it until the slice is over, it is finished, or it has to wait.

    An outcome `superseded` means that another driver has it or that there is nothing to do. An unexpected error
    leaves the lease to expire: it counts as a death, and the third one without progress ends the step.
    """
    settings = composition.run_settings()
    work.taken(scope, clock.now())
    if stopping():
        return SUPERSEDED
    parent, held = driver_spans.above(scope), lost_spans.held(scope)
    worker = leases.claim(scope, holder or holder_name(), settings.lease_seconds, parent)
    if worker is None:
        return SUPERSEDED
    if held is not None and worker.token == held.token + 1:
        lost_spans.tell(scope, held)
    with driver_spans.attempt(scope, worker, parent) as span:
        with Heartbeat(worker, settings, clock, stopping) as heartbeat:
            outcome = _drive(scope, worker, clock, heartbeat)
        outcome = _settled(scope, worker, outcome, clock)
        span.add({"snakeweb.attempt.outcome": str(outcome.kind)})
        return outcome


def _drive(scope: Scope, worker: WorkerToken, clock: Clock, heartbeat: Heartbeat) -> Outcome:
    run = Run.objects.select_related("migration__environment", "revision", "undoes").get(pk=scope.run_id)
    if scope.background:
        return _drive_background(run, scope, worker, clock, heartbeat)
    if RunState(run.state).is_final:
        return Outcome(OutcomeKind.FINISHED, run.state)
    try:
        executor = composition.executor(run, worker, clock=clock, alive=heartbeat.alive, urgent=heartbeat.urgent)
        read_again = impact.before(run, clock)
        _refuse_stale(run, clock)
        _refuse_expired(run, clock)
        read_again()
    except HandlerMissing as error:
        return _left_to_others(run, worker, error, clock)
    except MigrationError as error:
        return _cannot_drive(run, worker, error, clock)
    outcome = executor.drive() if scope.is_run else executor.drive_partition(scope.step, scope.partition)
    if scope.is_run and outcome.kind is OutcomeKind.FINISHED:
        impact.after(run, clock)
    return outcome


def _drive_background(run: Run, scope: Scope, worker: WorkerToken, clock: Clock, heartbeat: Heartbeat) -> Outcome:
    """It goes on for as long as it says so, also while its run waits, fails or is rolled back."""
    ends = clock.monotonic() + composition.run_settings().slice_seconds

    def alive() -> None:
        heartbeat.alive()
        if clock.monotonic() >= ends:
            raise SliceOver

    try:
        driver, context = composition.background(run, scope.background, worker, clock=clock, alive=alive)
        wake_at = driver.drive(context)
    except SliceOver:
        return Outcome(OutcomeKind.YIELDED, "the slice is over")
    except LeaseLost as error:
        return Outcome(OutcomeKind.SUPERSEDED, error.message)
    except MigrationError as error:
        logger.warning("run %s, %s: %s", run.pk, scope.background, error.message)
        return Outcome(OutcomeKind.PARKED, error.code, wake_at=clock.now() + TRY_SOON)
    return Outcome(OutcomeKind.PARKED if wake_at else OutcomeKind.FINISHED, scope.background, wake_at=wake_at)


def _refuse_stale(run: Run, clock: Clock) -> None:
    """The worker's own look, before the first effect. Raises PlanIsStale.

    A target that does not answer is left to the first step, which waits and tries again.
    """
    if run.kind not in (RunKind.APPLY, RunKind.REHEARSAL) or run.state != RunState.QUEUED:
        return
    seen = check_targets(run.revision, protected=run.migration.environment.protected, clock=clock)
    if seen.drift:
        said = " ".join(drift.sentence for drift in seen.drift)
        raise PlanIsStale(said, details={"drift": [asdict(drift) for drift in seen.drift]})


def _refuse_expired(run: Run, clock: Clock) -> None:
    """Approvals that ended while the run waited in the queue let nothing begin. Raises PlanIsStale."""
    ends, now = run.migration.review_expires_at, clock.now()
    if run.kind != RunKind.APPLY or run.state != RunState.QUEUED or ends is None or ends > now:
        return
    if BreakGlass.objects.filter(run=run).exists():  # it began without them
        return
    if signing_of(run.migration, run.revision, now=now).asked.slots:
        raise PlanIsStale(
            f"The approvals ended on {ends:%-d %B %H:%M} UTC, while the run waited to begin; nothing was changed."
        )


def _left_to_others(run: Run, worker: WorkerToken, error: HandlerMissing, clock: Clock) -> Outcome:
    """Workers may have different handlers, as while a new version is rolled out: it waits for one that has its own.

    Says so once, until somebody has gone on. A run that began nothing can still be cancelled by anybody.
    """
    waits_for = f"waits for a worker with {error.details['handler']} {error.details['planned_with']}"
    logger.info("run %s is left to others: %s", run.pk, error.message)
    with transaction.atomic():
        leases.require_held(worker)
        if run.state == RunState.QUEUED and run.signal in (Signal.CANCEL, Signal.ROLL_BACK):
            cancelled = NewEvent(EventType.RUN_CANCELLED, payload={"error": UserCancelled().as_dict()})
            journal.append_by_person(run, [cancelled], now=clock.now())
            return Outcome(OutcomeKind.FINISHED, RunState.CANCELLED)
        if run.parked_because != waits_for:
            said = {"level": "warning", "message": f"It {waits_for}. {error.message}", "waits_for": waits_for}
            journal.append_by_person(run, [NewEvent(EventType.LOGGED, payload=said)], now=clock.now())
    return Outcome(OutcomeKind.PARKED, error.code, wake_at=clock.now() + TRY_OTHERS)


def _cannot_drive(run: Run, worker: WorkerToken, error: MigrationError, clock: Clock) -> Outcome:
    """Nothing was started: the run fails. Something was: it stays as it is, says why, and is tried again."""
    logger.error("run %s cannot be driven here: %s", run.pk, error.message)
    with transaction.atomic():
        leases.require_held(worker)
        if run.state == RunState.QUEUED:
            failed = NewEvent(EventType.RUN_FAILED, payload={"error": error.as_dict()})
            journal.append_by_person(run, [failed], now=clock.now())
            return Outcome(OutcomeKind.FINISHED, RunState.FAILED)
        said = {"level": "error", "message": f"A worker cannot go on: {error.message}", "error": error.as_dict()}
        journal.append_by_person(run, [NewEvent(EventType.LOGGED, payload=said)], now=clock.now())
    return Outcome(OutcomeKind.PARKED, error.code, wake_at=clock.now() + TRY_AGAIN)


def _settled(scope: Scope, worker: WorkerToken, outcome: Outcome, clock: Clock) -> Outcome:
    """Give the lease back and commit what is to be driven next, in one transaction."""
    if outcome.kind is OutcomeKind.SUPERSEDED:
        leases.count_refusal(scope)
        outcome = replace(outcome, wake_at=clock.now() + TRY_AGAIN)  # still ours: this worker may be too old for it
    try:
        with transaction.atomic():
            _hand_on(scope, worker, outcome, clock.now())
    except LeaseLost:
        if outcome.kind is not OutcomeKind.SUPERSEDED:
            leases.count_refusal(scope)
        return SUPERSEDED
    return outcome


def _hand_on(scope: Scope, worker: WorkerToken, outcome: Outcome, now: datetime) -> None:
    if outcome.wake_run:
        work.want_drivers([Scope(scope.run_id)], now=now)
    due_at = leases.release(worker, wake_at=_wake_at(outcome))
    if due_at is not None and due_at <= database_now():
        work.offer([scope], now=now)
    work.want_drivers(_partitions(scope.run_id, outcome.partitions), now=now)


def _wake_at(outcome: Outcome) -> datetime | None:
    return database_now() if outcome.kind is OutcomeKind.YIELDED else outcome.wake_at


def _partitions(run_id: int, partitions: Sequence[tuple[str, int]]) -> list[Scope]:
    return [Scope(run_id, step, index) for step, index in partitions]
