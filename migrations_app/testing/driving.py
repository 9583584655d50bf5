"""Drives a run with the real executor over the ports in memory, as workers, dispatcher and people would."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from migrations_app.engine.events import EventType, NewEvent
from migrations_app.engine.executor import Executor, Limits, Outcome, OutcomeKind, RunBrief
from migrations_app.engine.handler import Handler
from migrations_app.engine.journal import fold
from migrations_app.engine.plan import Plan, Target
from migrations_app.engine.ports import Live, Unwatched, partition_scope, run_scope
from migrations_app.engine.run_view import ParkedFor, RunView
from migrations_app.engine.vocabulary import Decision, RunKind, Signal
from migrations_app.testing.memory import ManualClock, MemoryArtifacts, MemoryRoutes, MemoryRun, ports

MOST_DRIVES = 10_000


def _nothing() -> None:
    """The heartbeat nobody listens to."""


@dataclass
class LocalRun:
    """One run, queued. Each drive claims the lease anew, so a driver left behind by a crash is superseded.

    A `rollback` run takes back `undoes`, another LocalRun over the same world. `secrets` are the values of those that
    parameters name, by the parameter.
    """

    handler: Handler
    plan: Plan
    targets: Mapping[str, Target]
    kind: RunKind = RunKind.APPLY
    run_id: int = 1
    limits: Limits = field(default_factory=Limits)
    undoes: "LocalRun | None" = None
    clock: ManualClock = field(default_factory=ManualClock)
    artifacts: MemoryArtifacts = field(default_factory=MemoryArtifacts)
    routes: MemoryRoutes = field(default_factory=MemoryRoutes)
    extra: Mapping[str, Any] = field(default_factory=dict)
    live: Live = field(default_factory=Unwatched)
    alive: Callable[[], None] = _nothing
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    memory: MemoryRun = field(init=False)

    def __post_init__(self) -> None:
        self.memory = MemoryRun(self.clock, self.plan)
        self.memory.queue()

    @property
    def view(self) -> RunView:
        return fold(self.memory.events, self.plan)

    def executor(self, scope: str | None = None) -> Executor:
        """A driver that has just claimed the lease of the run, or of the scope that is named."""
        worker = self.memory.claim(scope or run_scope(self.run_id))
        prior = self.undoes.view if self.undoes else None
        brief = RunBrief(
            run_id=self.run_id,
            kind=self.kind,
            plan=self.plan,
            targets=self.targets,
            prior_results=prior.results if prior else {},
            prior_started=prior.started_steps if prior else (),
            undoes=self.undoes.run_id if self.undoes else None,
            migration_id="1",
            secrets=self.secrets,
        )
        driver_ports = ports(
            self.memory, worker, artifacts=self.artifacts, routes=self.routes, live=self.live, extra=self.extra
        )
        return Executor(brief, self.handler, driver_ports, worker, self.limits, self.alive)

    def drive(self) -> Outcome:
        """One slice of the run itself."""
        return self.executor().drive()

    def drive_partition(self, step_id: str, index: int) -> Outcome:
        """One slice of a partition."""
        return self.executor(partition_scope(self.run_id, step_id, index)).drive_partition(step_id, index)

    def finish(self, *, confirm: Decision = Decision.APPROVE) -> RunView:
        """Drive until the run has ended or is paused; waits are jumped over and confirmations answered.

        Raises AssertionError when the run does not come to an end.
        """
        for _ in range(MOST_DRIVES):
            outcome = self.drive()
            if outcome.kind is OutcomeKind.FINISHED or outcome.reason == ParkedFor.PAUSE:
                return self.view
            if outcome.kind is OutcomeKind.SUPERSEDED:
                raise AssertionError(f"superseded although nobody else drives: {outcome.reason}")
            self._wait(outcome, confirm)
        raise AssertionError(f"the run did not end within {MOST_DRIVES} drives")

    def _wait(self, outcome: Outcome, confirm: Decision) -> None:
        for step_id, index in outcome.partitions:
            self.finish_partition(step_id, index)
        if outcome.wake_at is not None:
            self.clock.advance_to(outcome.wake_at)
        if outcome.reason == ParkedFor.CONFIRMATION:
            self.answer(confirm)

    def finish_partition(self, step_id: str, index: int) -> Outcome:
        """Drive one partition until it has ended, or stops for the run."""
        for _ in range(MOST_DRIVES):
            outcome = self.drive_partition(step_id, index)
            if outcome.kind is OutcomeKind.PARKED and outcome.wake_at is not None:
                self.clock.advance_to(outcome.wake_at)
            elif outcome.kind is not OutcomeKind.YIELDED:
                return outcome
        raise AssertionError(f"partition {index} of {step_id} did not end within {MOST_DRIVES} drives")

    def answer(self, decision: Decision) -> None:
        """What a person answers to the confirmation that the current step wants."""
        payload = {"decision": str(decision)}
        self.memory.write(NewEvent(EventType.CONFIRMATION_GIVEN, self.view.current_step, payload=payload))

    def signal(self, signal: Signal) -> None:
        """What a person asks of the run; it stays until it is taken back with `Signal.NONE`."""
        self.memory.signal = signal

    def retry(self) -> None:
        """What the service does when a person retries a failed or stuck run."""
        stuck = self.view.undo_order and self.view.is_final
        self.memory.write(NewEvent(EventType.ROLLBACK_STARTED if stuck else EventType.RUN_RESUMED))
