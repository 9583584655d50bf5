"""Drives a run, or one partition of it, from whatever the journal says to wherever it gets in one slice.

Every effect has its intent written before and its outcome after, so a driver may die at any line: the next one
folds the journal and goes on. Two drivers cannot both write: the journal and the stores refuse the older token.
"""

from collections.abc import Callable

from migrations_app.engine.brief import Limits, Outcome, OutcomeKind, RunBrief
from migrations_app.engine.crash_points import reach
from migrations_app.engine.driver import Driver
from migrations_app.engine.errors import IllegalTransition, LeaseLost, UserCancelled
from migrations_app.engine.events import EventType, NewEvent
from migrations_app.engine.forward import Forward
from migrations_app.engine.handler import Handler
from migrations_app.engine.interruptions import Cancelled, Paused, RollbackAsked, SliceOver, Superseded, Waits
from migrations_app.engine.partitions import PartitionDriver
from migrations_app.engine.ports import ExecutionPorts, WorkerToken
from migrations_app.engine.rollback import Rollback
from migrations_app.engine.run_view import Direction, ParkedFor, RunView, StepView
from migrations_app.engine.start_check import irreversible
from migrations_app.engine.vocabulary import RunKind, RunState, Signal

__all__ = ["Executor", "Limits", "Outcome", "OutcomeKind", "RunBrief"]


def _nothing() -> None:
    """The heartbeat of a driver that nobody watches."""


class Executor:
    """`alive` is called at each batch; it may raise `SliceOver` to end the slice in good order (shutdown)."""

    def __init__(
        self,
        run: RunBrief,
        handler: Handler,
        ports: ExecutionPorts,
        worker: WorkerToken,
        limits: Limits | None = None,
        alive: Callable[[], None] = _nothing,
    ) -> None:
        self._driver = Driver(run, handler, ports, worker, limits or Limits(), alive)

    def drive(self) -> Outcome:
        """Drive the run itself, forward or back.

        Raises IllegalTransition when the journal cannot be folded or the run was never queued; what the ports
        raise beside LeaseLost passes through. In each case the run is as the journal says, for the next driver.
        """
        try:
            return self._drive()
        except (LeaseLost, Superseded) as reason:
            return Outcome(OutcomeKind.SUPERSEDED, str(reason))

    def drive_partition(self, step_id: str, index: int) -> Outcome:
        """Drive one partition, under a lease and token of its own; raises as `drive` does."""
        try:
            return PartitionDriver(self._driver, step_id, index).drive()
        except (LeaseLost, Superseded) as reason:
            return Outcome(OutcomeKind.SUPERSEDED, str(reason))

    def _drive(self) -> Outcome:
        driver = self._driver
        driver.load()
        if driver.view.state is None:
            raise IllegalTransition(f"Run {driver.run.run_id} was never queued; nothing was done.")
        if driver.view.is_final:
            return Outcome(OutcomeKind.FINISHED, str(driver.view.state))
        driver.append()
        waiting = self._still_waiting()
        if waiting is not None:
            return waiting
        self._require_handler()
        self._open()
        while True:
            outcome = self._go_on()
            if outcome is not None:
                return outcome

    def _still_waiting(self) -> Outcome | None:
        """The same outcome again when a parked run was driven too early; nothing is written then."""
        view, signal = self._driver.view, self._driver.signal
        if view.parked_for is ParkedFor.NOTHING:
            return None
        if view.direction is Direction.FORWARD and signal in (Signal.CANCEL, Signal.ROLL_BACK):
            return None
        if view.state is RunState.PAUSED:
            return Outcome(OutcomeKind.PARKED, str(ParkedFor.PAUSE)) if signal is Signal.PAUSE else None
        if view.state is RunState.PARKED and signal is Signal.PAUSE:
            return self._pause()
        if view.parked_for is ParkedFor.RETRY:
            early = view.wake_at is not None and view.wake_at > self._driver.now()
            return Outcome(OutcomeKind.PARKED, str(ParkedFor.RETRY), view.wake_at) if early else None
        return _waits_for_others(view, view.step(view.current_step))

    def _require_handler(self) -> None:
        plan, handler = self._driver.run.plan, self._driver.handler
        if plan.handler != handler.name or not handler.runs_plans_of(plan.handler_version):
            raise Superseded(
                f"the plan was made with {plan.handler} {plan.handler_version}; "
                f"this worker has {handler.name} {handler.version}"
            )

    def _open(self) -> None:
        view = self._driver.view
        event = EventType.RUN_TAKEN_OVER
        if view.state is RunState.QUEUED:
            event = EventType.RUN_STARTED
        elif view.parked_for is not ParkedFor.NOTHING:
            event = EventType.RUN_RESUMED
        payload = {"token": self._driver.worker.token, "after": "slice" if view.yielded else "crash"}
        self._driver.append(NewEvent(event, payload=payload if event is EventType.RUN_TAKEN_OVER else {}))
        self._driver.start_slice()
        reach("executor.opened")

    def _go_on(self) -> Outcome | None:
        """One stretch in one direction; None: the run has turned round."""
        driver = self._driver
        try:
            if driver.view.direction is Direction.UNDO:
                return Rollback(driver).go_on()
            if driver.run.kind is RunKind.ROLLBACK:
                if driver.no_way_back:
                    return self._refuse_rollback()
                Rollback(driver).start("rollback run")
                return None
            return Forward(driver).go_on()
        except SliceOver:
            return self._yield()
        except Waits as waits:
            return self._wait(waits)
        except Paused:
            return self._pause()
        except Cancelled:
            return self._cancel()
        except RollbackAsked:
            return self._roll_back()

    def _yield(self) -> Outcome:
        """Note that the driver stops in good order, where no checkpoint has said so already."""
        if not self._driver.view.yielded:
            message = "Stopped in good order; another driver goes on."
            payload = {"level": "info", "message": message, "slice_over": True}
            self._driver.append(NewEvent(EventType.LOGGED, payload=payload))
        return Outcome(OutcomeKind.YIELDED, "the slice is over")

    def _wait(self, waits: Waits) -> Outcome:
        payload: dict[str, str] = {"reason": str(waits.reason)}
        if waits.wake_at is not None:
            payload["wake_at"] = waits.wake_at.isoformat()
        self._driver.append(NewEvent(EventType.RUN_PARKED, payload=payload))
        return Outcome(OutcomeKind.PARKED, str(waits.reason), waits.wake_at)

    def _received(self) -> NewEvent:
        return NewEvent(EventType.SIGNAL_RECEIVED, payload={"signal": str(self._driver.signal)})

    def _pause(self) -> Outcome:
        self._driver.append(self._received(), NewEvent(EventType.RUN_PAUSED))
        return Outcome(OutcomeKind.PARKED, str(ParkedFor.PAUSE))

    def _cancel(self) -> Outcome | None:
        """Cancelled: what has effects is rolled back; without effects, or without a way back, the run ends here."""
        driver = self._driver
        error = UserCancelled().as_dict()
        driver.append(self._received())
        options = driver.run.plan.options
        if (
            driver.run.kind is RunKind.DRY_RUN
            or not driver.view.started_steps
            or not (driver.rehearses or options.get("rollback_enabled", True))
            or driver.no_way_back
        ):
            driver.finish(EventType.RUN_CANCELLED, error=error)
            return Outcome(OutcomeKind.FINISHED, str(driver.view.state))
        Rollback(driver).start("cancelled", error)
        return None

    def _roll_back(self) -> Outcome | None:
        if self._driver.run.kind is RunKind.DRY_RUN:  # it has no effects: to roll it back is to end it
            return self._cancel()
        self._driver.append(self._received())
        if self._driver.no_way_back:
            return self._refuse_rollback()
        Rollback(self._driver).start("asked")
        return None

    def _refuse_rollback(self) -> Outcome:
        """Before anything is touched: undoing what came before would take the ground from under the last steps."""
        unmet = irreversible(self._driver.no_way_back)
        error = IllegalTransition(unmet.message, recovery_actions=(unmet.fix,))
        self._driver.finish(EventType.RUN_FAILED, error=error.as_dict())
        return Outcome(OutcomeKind.FINISHED, str(self._driver.view.state))


def _waits_for_others(view: RunView, step: StepView) -> Outcome | None:
    if view.parked_for is ParkedFor.CONFIRMATION and not step.decision:
        return Outcome(OutcomeKind.PARKED, str(ParkedFor.CONFIRMATION))
    if view.parked_for is ParkedFor.PARTITIONS and step.unfinished_partitions and step.failed_partition is None:
        partitions = tuple((step.id, index) for index in step.unfinished_partitions)
        return Outcome(OutcomeKind.PARKED, str(ParkedFor.PARTITIONS), partitions=partitions)
    return None
