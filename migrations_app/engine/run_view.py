"""What the events of a run say, as frozen data: the run, its steps, and their partitions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from migrations_app.engine.plan import Plan
from migrations_app.engine.rehearsal import REHEARSED
from migrations_app.engine.vocabulary import RunState, StepState


class Direction(StrEnum):
    FORWARD = "forward"
    UNDO = "undo"


class ParkedFor(StrEnum):
    """Why a run holds no worker although it has not ended; the `reason` of RunParked and of an outcome."""

    NOTHING = ""
    RETRY = "retry"
    PARTITIONS = "partitions"
    CONFIRMATION = "confirmation"
    PAUSE = "paused"
    SOAK = "soak"  # the new state has to prove itself for a while
    HELD = "held"  # a person postponed the hand-over
    GRACE = "grace"  # what was taken back goes on refusing for a while, for those who have not heard of it yet
    UNAVAILABLE = "unavailable"  # something does not answer, and to go on waiting is better than to turn round


ASKED_FOR_BY_STEP = frozenset({ParkedFor.SOAK, ParkedFor.HELD, ParkedFor.GRACE, ParkedFor.UNAVAILABLE})
WAITS_FOR_OTHERS = ASKED_FOR_BY_STEP | {ParkedFor.CONFIRMATION}  # does not count against the time limit


@dataclass(frozen=True, slots=True)
class PartitionView:
    """What one driver does of a step: a leased partition, or the run's own share.

    `deaths` counts drivers that ended without an outcome since the last new checkpoint, `failures` the retries
    since then; both start again with the undo. `yielded`: its driver stopped in good order, to go on later.
    `saved_as` is the sequence number of its newest checkpoint (0: none).
    """

    index: int = 0
    state: StepState = StepState.PENDING
    attempt: int = 0
    checkpoint: Mapping[str, Any] = field(default_factory=dict)
    result: Mapping[str, Any] | None = None
    error: Mapping[str, Any] | None = None
    done: int = 0
    total: int | None = None
    unit: str = ""
    counters: Mapping[str, int] = field(default_factory=dict)
    deaths: int = 0
    failures: int = 0
    retry_at: datetime | None = None
    yielded: bool = False
    saved_as: int = 0

    @property
    def has_ended(self) -> bool:
        return self.state in (StepState.SUCCEEDED, StepState.FAILED, StepState.UNDONE)

    @property
    def next_attempt(self) -> int:
        """The number of the next start: only a start after a failure or a death is another attempt."""
        goes_on = self.attempt > 0 and self.yielded and self.retry_at is None
        return self.attempt if goes_on else self.attempt + 1


@dataclass(frozen=True, slots=True)
class StepView:
    """One step. `result` is None until the step succeeded; `partitions` are the leased ones, empty inline.

    `own` is the work of the run's own driver: the whole step when it runs inline, the verification of a
    partitioned step, and later the undo. `decision` is the answer to the step's separate confirmation ("" while
    unanswered).
    """

    id: str
    title: str
    state: StepState = StepState.PENDING
    own: PartitionView = PartitionView()
    partitions: tuple[PartitionView, ...] = ()
    result: Mapping[str, Any] | None = None
    error: Mapping[str, Any] | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    confirmation_wanted: bool = False
    decision: str = ""
    skipped_because: str = ""

    @property
    def attempt(self) -> int:
        return self.own.attempt

    @property
    def at_work(self) -> tuple[PartitionView, ...]:
        """Whose progress counts: the leased partitions on the way forward, else the run's own driver."""
        undoing = self.state in (StepState.UNDOING, StepState.UNDONE, StepState.UNDO_FAILED)
        return self.partitions if self.partitions and not undoing else (self.own,)

    @property
    def done(self) -> int:
        return sum(partition.done for partition in self.at_work)

    @property
    def total(self) -> int | None:
        totals = [partition.total for partition in self.at_work]
        return None if any(total is None for total in totals) else sum(total or 0 for total in totals)

    @property
    def unit(self) -> str:
        return next((partition.unit for partition in self.at_work if partition.unit), "")

    @property
    def counters(self) -> dict[str, int]:
        sums: dict[str, int] = {}
        for partition in self.at_work:
            for name, value in partition.counters.items():
                sums[name] = sums.get(name, 0) + value
        return sums

    @property
    def checkpoint(self) -> Mapping[str, Any]:
        """The checkpoint of the run's own driver."""
        return self.own.checkpoint

    @property
    def was_started(self) -> bool:
        return self.started_at is not None

    @property
    def unfinished_partitions(self) -> tuple[int, ...]:
        return tuple(partition.index for partition in self.partitions if not partition.has_ended)

    @property
    def failed_partition(self) -> PartitionView | None:
        return next((p for p in self.partitions if p.state is StepState.FAILED), None)

    @property
    def duration_seconds(self) -> float | None:
        if self.started_at is None or self.ended_at is None:
            return None
        return (self.ended_at - self.started_at).total_seconds()


@dataclass(frozen=True, slots=True)
class RunView:
    """The state of a run. `undo_order` names the steps to undo, first one first, once a rollback started.

    `waited` is the time the run was paused or waited for a person; it does not count against the time limit.
    `yielded` says that the last driver stopped in good order at the end of its slice. `waits_for`: a worker had to
    leave it to others, and this is what those have to have; empty as soon as one of them has gone on.
    """

    plan: Plan
    steps: tuple[StepView, ...]
    state: RunState | None = None
    seq: int = 0
    direction: Direction = Direction.FORWARD
    parked_for: ParkedFor = ParkedFor.NOTHING
    wake_at: datetime | None = None
    queued_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    waiting_since: datetime | None = None
    waited: timedelta = timedelta()
    yielded: bool = False
    undo_order: tuple[str, ...] = ()
    rollback_reason: str = ""
    error: Mapping[str, Any] | None = None
    result: Mapping[str, Any] | None = None
    instructions: tuple[Mapping[str, Any], ...] = ()
    warnings: tuple[str, ...] = ()
    waits_for: str = ""

    def step(self, step_id: str) -> StepView:
        """Raises KeyError for a step the plan does not have."""
        place = self.place(step_id)
        if place is None:
            raise KeyError(step_id)
        return self.steps[place]

    def place(self, step_id: str) -> int | None:
        """Where the step stands in the plan, counted from 0."""
        for place, step in enumerate(self.steps):
            if step.id == step_id:
                return place
        return None

    @property
    def results(self) -> dict[str, Mapping[str, Any]]:
        """Results by step id, of steps that succeeded (undone ones keep theirs)."""
        return {step.id: step.result for step in self.steps if step.result is not None}

    @property
    def cleans_up(self) -> bool:
        """Every step of a rehearsal has succeeded: what it goes back over is only what it left in its namespace."""
        return self.rollback_reason == REHEARSED

    @property
    def started_steps(self) -> tuple[str, ...]:
        """Steps that may have had an effect, in plan order."""
        return tuple(step.id for step in self.steps if step.was_started)

    @property
    def current_step(self) -> str:
        """The step that is worked on or waited for; empty between steps and after the end."""
        at_work = (StepState.RUNNING, StepState.WAITING, StepState.UNDOING)
        return next((step.id for step in self.steps if step.state in at_work), "")

    @property
    def is_final(self) -> bool:
        return self.state is not None and self.state.is_final

    def worked(self, now: datetime) -> timedelta:
        """Time since the start without pauses and waits for people."""
        if self.started_at is None:
            return timedelta()
        waiting = (now - self.waiting_since) if self.waiting_since else timedelta()
        return (self.ended_at or now) - self.started_at - self.waited - waiting
