"""One driver's hold on a run: the journal under its lease, the folded view, the slice, the signal."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from migrations_app.engine.brief import Limits, RunBrief
from migrations_app.engine.errors import MigrationError, StepFailed, Timeout
from migrations_app.engine.events import EVENT_FORMAT, Event, EventType, NewEvent
from migrations_app.engine.handler import Action, ActionContext, Handler
from migrations_app.engine.hiding import Redactor
from migrations_app.engine.interruptions import Cancelled, Paused, RollbackAsked, SliceOver, Superseded
from migrations_app.engine.journal import apply, fold
from migrations_app.engine.lifecycle import next_status
from migrations_app.engine.plan import Step
from migrations_app.engine.ports import ExecutionPorts, Unwatched, WorkerToken
from migrations_app.engine.progress import JournalLog, JournalProgress
from migrations_app.engine.redaction import as_migration_error
from migrations_app.engine.rehearsal import UnmovedRoutes
from migrations_app.engine.results import migration_result
from migrations_app.engine.retry import RetryPolicy
from migrations_app.engine.run_view import Direction, PartitionView, RunView
from migrations_app.engine.vocabulary import TRIALS, RunKind, RunState, Signal

_INTERRUPTIONS = {Signal.PAUSE: Paused, Signal.CANCEL: Cancelled, Signal.ROLL_BACK: RollbackAsked}


class TimeLimitPassed(Timeout):
    """The run worked longer than its option `timeout` allows."""

    retryable = False


class Driver:
    """What the forward, the undo and the partition drivers share. Every write goes through `append`."""

    def __init__(
        self,
        run: RunBrief,
        handler: Handler,
        ports: ExecutionPorts,
        worker: WorkerToken,
        limits: Limits,
        alive: Callable[[], None],
    ) -> None:
        self.run = run
        self.handler = handler
        self.ports = ports
        self.worker = worker
        self.limits = limits
        self.signal = Signal.NONE
        self.state: RunState | None = None
        self.redact = Redactor(run.clear_texts())
        self._alive = alive
        self._slice_started = ports.clock.monotonic()
        self._actions = handler.actions()
        self._targets = handler.scratch(run.targets, run.run_id) if self.rehearses else run.targets
        self.view: RunView = fold((), run.plan)

    @property
    def rehearses(self) -> bool:
        return self.run.kind is RunKind.REHEARSAL

    @property
    def is_trial(self) -> bool:
        return self.run.kind in TRIALS

    @property
    def started_steps(self) -> Sequence[str]:
        """Those that may have had effects: of this run, or in a rollback run of the one that it undoes."""
        if self.run.kind is RunKind.ROLLBACK:
            return tuple(self.run.prior_started or self.run.prior_results)
        return self.view.started_steps

    @property
    def no_way_back(self) -> tuple[str, ...]:
        """Titles of the steps that may have had effects and that nothing takes back."""
        return () if self.is_trial else self.run.plan.irreversible(self.started_steps)

    def load(self) -> None:
        """Read the journal and fold it. Raises Superseded when a newer version of Snakeweb wrote it."""
        events = self.ports.journal.load()
        if any(event.format > EVENT_FORMAT for event in events):
            raise Superseded("the journal's format is newer than this worker")
        self.view = fold(events, self.run.plan)

    def append(self, *events: NewEvent, unless_asked: Sequence[NewEvent] = ()) -> bool:
        """Write events that the view allows, and learn the signal.

        The events `unless_asked` follow in the same transaction, unless a person has asked for something; False when
        that kept them back. Raises IllegalTransition before anything is written, and LeaseLost when another driver
        took over.
        """
        events = tuple(self._clean(event) for event in events)
        unless_asked = tuple(self._clean(event) for event in unless_asked)
        expected = self._after((*events, *unless_asked))
        appended = self.ports.journal.append(events, unless_asked)
        if appended.withheld:
            expected = self._after(events)
        self.signal, self.state = appended.signal, appended.state
        if appended.seq == expected.seq:
            self.view = expected
        else:  # a partition's driver or a service wrote meanwhile
            self.load()
        return not appended.withheld

    def append_blind(self, *events: NewEvent) -> None:
        """Write without keeping the view up to date: for partition drivers, which write side by side."""
        appended = self.ports.journal.append(tuple(self._clean(event) for event in events))
        self.signal, self.state = appended.signal, appended.state

    def _after(self, events: Sequence[NewEvent]) -> RunView:
        view, now = self.view, self.now()
        for event in events:
            placed = Event(view.seq + 1, now, event.type, event.step, event.partition, event.attempt, event.payload)
            view = apply(view, placed)
        return view

    def _clean(self, event: NewEvent) -> NewEvent:
        clean = self.redact.payload(event.payload)
        return event if clean is event.payload else replace(event, payload=clean)

    def now(self) -> datetime:
        return self.ports.clock.now()

    def in_seconds(self, seconds: float) -> datetime:
        return self.now() + timedelta(seconds=seconds)

    def start_slice(self) -> None:
        """Count the slice from here: after the opening, so that every drive gets at least one batch done."""
        self._slice_started = self.ports.clock.monotonic()

    def slice_is_over(self) -> bool:
        return self.ports.clock.monotonic() - self._slice_started >= self.limits.slice_seconds

    def heartbeat(self) -> bool:
        """Tell the runtime that there is progress; True when it, or the clock, wants this slice to end."""
        try:
            self._alive()
        except SliceOver:
            return True
        return self.slice_is_over()

    def alive(self) -> None:
        self._alive()

    def obey(self) -> None:
        """Act on what a person asked. Raises Paused, Cancelled or RollbackAsked; not while the run undoes."""
        interruption = _INTERRUPTIONS.get(self.signal)
        if interruption is not None and self.view.direction is Direction.FORWARD:
            raise interruption(self.signal)

    def check_time(self) -> None:
        """Raises TimeLimitPassed when the run worked longer than allowed; never while it undoes."""
        limit = self.run.plan.options.get("timeout")
        if limit is None or self.view.direction is Direction.UNDO:
            return
        if self.view.worked(self.now()) > timedelta(milliseconds=limit):
            raise TimeLimitPassed(f"The run worked longer than its time limit of {limit} ms.", details={"limit": limit})

    @property
    def retry_policy(self) -> RetryPolicy:
        limits = self.limits
        most = self.run.plan.options.get("max_retries", limits.max_retries)
        return RetryPolicy(most, limits.backoff_seconds, limits.longest_backoff_seconds)

    def action(self, step: Step) -> Action:
        """Raises StepFailed when the handler has no such action."""
        found = self._actions.get(step.action)
        if found is None:
            raise StepFailed(f"The handler “{self.handler.name}” has no action “{step.action}”.")
        return found

    def deed(self, step: Step) -> Callable[[ActionContext], Mapping[str, Any]]:
        """What brings the step's effect about in a run of this kind. Raises StepFailed as `action` does."""
        action = self.action(step)
        return action.rehearse if self.rehearses else action.do

    def partition_count(self, step: Step) -> int:
        return int(self.run.plan.options.get("parallel_workers", 1)) if step.partitioned else 1

    def context(self, step: Step, own: PartitionView, *, index: int = 0, of: int = 1) -> ActionContext:
        """What the action of `step` may touch; `index` of `of` is its share."""
        leased = of > 1
        return ActionContext(
            run_id=self.run.run_id,
            step=step,
            options=self.run.plan.options,
            parameters=self.run.plan.parameters,
            targets=self._targets,
            results={**self.run.prior_results, **self.view.results},
            checkpoint=own.checkpoint,
            worker=self.worker,
            progress=JournalProgress(self, step.id, index, leased=leased),
            log=JournalLog(self, step.id, index, leased=leased),
            clock=self.ports.clock,
            artifacts=self.ports.artifacts,
            routes=UnmovedRoutes(self.ports.routes) if self.rehearses else self.ports.routes,
            live=Unwatched() if self.rehearses else self.ports.live,
            partition=index,
            partitions=of,
            leased_partitions=self.partition_count(step),
            undoes=self.run.undoes,
            read_only=self.run.kind is RunKind.DRY_RUN,
            originals=self.run.targets if self.rehearses else {},
            secrets=self.run.secrets,
            extra=self.ports.extra,
        )

    def error_of(self, error: Exception, step: Step) -> MigrationError:
        return as_migration_error(error, title=step.title)

    def finish(
        self,
        event: EventType,
        *,
        error: Mapping[str, Any] | None = None,
        instructions: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        """End the run: the event carries the seed's migration_result as it is after this event."""
        assert self.view.state is not None  # noqa: S101  (the fold refuses anything before RunQueued)
        error = error or self.view.error
        ended = replace(
            self.view,
            state=next_status(self.view.state, event),
            ended_at=self.now(),
            error=error,
            instructions=tuple(instructions),
        )
        payload: dict[str, Any] = {
            "result": migration_result(ended, migration_id=self.run.migration_id, now=self.now())
        }
        if error:
            payload["error"] = dict(error)
        if instructions:
            payload["instructions"] = [dict(instruction) for instruction in instructions]
        self.append(NewEvent(event, payload=payload))
