"""Drives one leased partition of a step, beside the drivers of the other partitions."""

from typing import Any

from migrations_app.engine.brief import Outcome, OutcomeKind
from migrations_app.engine.crash_points import reach
from migrations_app.engine.driver import Driver
from migrations_app.engine.errors import IllegalTransition, LeaseLost, MigrationError, StepCrashed
from migrations_app.engine.events import EventType, NewEvent
from migrations_app.engine.following import following
from migrations_app.engine.interruptions import Interruption, Paused, SliceOver, Superseded
from migrations_app.engine.plan import Step
from migrations_app.engine.redaction import json_ready
from migrations_app.engine.retry import decide
from migrations_app.engine.run_view import Direction, ParkedFor, PartitionView
from migrations_app.engine.vocabulary import RunState, StepState

_GOES_FORWARD = (RunState.RUNNING, RunState.PARKED, RunState.PAUSED)


class PartitionDriver:
    """Partition `index` of step `step_id`. Several may end at once: each looks at the journal after its own end."""

    def __init__(self, driver: Driver, step_id: str, index: int) -> None:
        self._driver = driver
        self._step_id = step_id
        self._index = index

    def drive(self) -> Outcome:
        """Run the partition from its checkpoint until it has ended, waits, or its slice is over.

        Raises IllegalTransition when the run has planned no such partition, and LeaseLost.
        """
        driver = self._driver
        driver.load()
        partition = self._partition()
        if partition.has_ended:
            return self._ended()
        if driver.view.direction is Direction.UNDO or driver.view.state not in _GOES_FORWARD:
            raise Superseded(f"the run is {driver.view.state}")
        if partition.retry_at is not None and partition.retry_at > driver.now():
            return Outcome(OutcomeKind.PARKED, str(ParkedFor.RETRY), partition.retry_at)
        try:
            driver.append_blind()
            driver.obey()
            return self._run(driver.run.plan.step(self._step_id), partition)
        except SliceOver:
            return Outcome(OutcomeKind.YIELDED, "the slice is over")
        except Paused:
            return Outcome(OutcomeKind.PARKED, str(ParkedFor.PAUSE))
        except Superseded:
            raise
        except Interruption as asked:  # the run's own driver turns it round; this one only has to stop
            return Outcome(OutcomeKind.PARKED, f"the run is to {asked}".replace("_", " "), wake_run=True)

    def _partition(self) -> PartitionView:
        view = self._driver.view
        planned = [step.partitions for step in view.steps if step.id == self._step_id]
        if not planned or not 0 <= self._index < len(planned[0]):
            raise IllegalTransition(
                f"Run {self._driver.run.run_id} has planned no partition {self._index} of step “{self._step_id}”.",
                details={"step": self._step_id, "partition": self._index},
            )
        return planned[0][self._index]

    def _run(self, step: Step, partition: PartitionView) -> Outcome:
        driver = self._driver
        died = partition.deaths + (1 if partition.state is StepState.RUNNING and not partition.yielded else 0)
        attempt = partition.next_attempt
        if died >= driver.limits.max_deaths:
            message = f"Partition {self._index} of “{step.title}” ended {died} times without an outcome."
            return self._record_failure(StepCrashed(message, details={"partition": self._index}), attempt)
        self._write(EventType.PARTITION_STARTED, attempt, {"token": driver.worker.token})
        reach("partition.intent_written")
        try:
            driver.check_time()
            count = len(driver.view.step(step.id).partitions)
            context = driver.context(step, partition, index=self._index, of=count)
            with following().step(step.id, attempt=attempt, partition=self._index):
                result = json_ready(driver.deed(step)(context), what="The result")
        except LeaseLost:
            raise
        except Exception as error:  # noqa: BLE001  (whatever an action raises is an outcome to record)
            return self._record_failure(driver.error_of(error, step), attempt)
        reach("partition.effect_done")
        self._write(EventType.PARTITION_SUCCEEDED, attempt, {"result": result})
        reach("partition.outcome_written")
        driver.load()
        return self._ended()

    def _record_failure(self, error: MigrationError, attempt: int) -> Outcome:
        driver = self._driver
        driver.load()  # checkpoints since the start have set the count of failures back
        decision = decide(error, self._partition().failures, driver.retry_policy)
        if decision.retry:
            at = driver.in_seconds(decision.after_seconds)
            payload = {"error": error.as_dict(), "retry_at": at.isoformat(), "because": decision.because}
            self._write(EventType.STEP_RETRY_SCHEDULED, attempt, payload)
            return Outcome(OutcomeKind.PARKED, str(ParkedFor.RETRY), at)
        self._write(EventType.PARTITION_FAILED, attempt, {"error": error.as_dict()})
        reach("partition.outcome_written")
        return Outcome(OutcomeKind.FINISHED, str(StepState.FAILED), wake_run=True)

    def _ended(self) -> Outcome:
        """A finished partition; the run is woken when it was the last one, or when it failed."""
        step = self._driver.view.step(self._step_id)
        state = self._partition().state
        last = not step.unfinished_partitions
        return Outcome(OutcomeKind.FINISHED, str(state), wake_run=last or state is StepState.FAILED)

    def _write(self, event: EventType, attempt: int, payload: dict[str, Any]) -> None:
        full = {**payload, "leased": True}
        self._driver.append_blind(NewEvent(event, self._step_id, self._index, attempt, full))
