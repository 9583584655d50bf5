"""The way back: every step that was started is undone, the last one first; a failed undo makes the run stuck.

A rehearsal goes this way in any case: those of its steps that left something in its namespace are cleaned up.
"""

from collections.abc import Mapping
from typing import Any

from migrations_app.engine.brief import Outcome, OutcomeKind
from migrations_app.engine.crash_points import reach
from migrations_app.engine.driver import Driver
from migrations_app.engine.errors import LeaseLost, RollbackFailed, StepCrashed
from migrations_app.engine.events import EventType, NewEvent
from migrations_app.engine.following import following
from migrations_app.engine.interruptions import SliceOver
from migrations_app.engine.plan import Step
from migrations_app.engine.rehearsal import REHEARSED
from migrations_app.engine.retry import decide
from migrations_app.engine.run_view import ParkedFor
from migrations_app.engine.vocabulary import StepState


class Rollback:
    """Starts and drives the undo of a run. Signals do not interrupt it; the end of a slice does."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    def start(self, reason: str, error: Mapping[str, Any] | None = None) -> None:
        """Turn the run round; nobody asks for it past a step that nothing takes back (`Driver.no_way_back`).

        `reason`: failure, emergency, cancelled, asked, rehearsed, or rollback run.
        """
        started = frozenset(self._driver.started_steps)
        steps = [step for step in reversed(self._driver.run.plan.steps) if step.id in started and self._left(step)]
        payload: dict[str, Any] = {
            "reason": reason,
            "emergency": reason == "emergency",
            "steps": [step.id for step in steps],
        }
        if error:
            payload["error"] = dict(error)
        self._driver.append(NewEvent(EventType.ROLLBACK_STARTED, payload=payload))
        reach("rollback.started")

    def go_on(self) -> Outcome:
        """Undo what is not undone yet. Raises SliceOver and LeaseLost."""
        for step_id in self._driver.view.undo_order:
            state = self._driver.view.step(step_id).state
            if state is StepState.UNDONE:
                continue
            if state is StepState.UNDO_FAILED:  # the driver died between the failure and its consequence
                return self._stuck(step_id)
            if self._driver.slice_is_over():
                raise SliceOver
            outcome = self._undo(self._driver.run.plan.step(step_id))
            if outcome is not None:
                return outcome
        rehearsed = self._driver.view.rollback_reason == REHEARSED
        self._driver.finish(EventType.RUN_SUCCEEDED if rehearsed else EventType.RUN_ROLLED_BACK)
        return Outcome(OutcomeKind.FINISHED, str(self._driver.view.state))

    def _left(self, step: Step) -> bool:
        """Whether there may be something to take back."""
        return not self._driver.rehearses or self._driver.action(step).leaves_scratch

    def _undo(self, step: Step) -> Outcome | None:
        driver = self._driver
        view = driver.view.step(step.id)
        attempt = view.own.next_attempt if view.state is StepState.UNDOING else 1
        if view.state is StepState.UNDOING and view.own.deaths >= driver.limits.max_deaths:
            message = f"The undo of “{step.title}” ended {view.own.deaths} times without an outcome."
            return self._record_failure(step, StepCrashed(message), attempt)
        payload = {"token": driver.worker.token}
        driver.append(NewEvent(EventType.UNDO_STARTED, step.id, attempt=attempt, payload=payload))
        reach("rollback.intent_written")
        try:
            action, context = driver.action(step), driver.context(step, driver.view.step(step.id).own)
            with following().step(step.id, attempt=attempt, undo=True):
                (action.clean_up if driver.rehearses else action.undo)(context)
        except LeaseLost:
            raise
        except Exception as error:  # noqa: BLE001  (whatever an undo raises is an outcome to record)
            return self._record_failure(step, error, attempt)
        reach("rollback.effect_done")
        driver.append(NewEvent(EventType.UNDO_SUCCEEDED, step.id, attempt=attempt))
        reach("rollback.outcome_written")
        return None

    def _record_failure(self, step: Step, raised: Exception, attempt: int) -> Outcome:
        driver = self._driver
        error = driver.error_of(raised, step)
        decision = decide(error, driver.view.step(step.id).own.failures, driver.retry_policy)
        if decision.retry:
            at = driver.in_seconds(decision.after_seconds)
            retry = {
                "error": error.as_dict(),
                "retry_at": at.isoformat(),
                "because": decision.because,
                "undo": True,
            }
            driver.append(
                NewEvent(EventType.STEP_RETRY_SCHEDULED, step.id, attempt=attempt, payload=retry),
                NewEvent(EventType.RUN_PARKED, payload={"reason": str(ParkedFor.RETRY), "wake_at": at.isoformat()}),
            )
            return Outcome(OutcomeKind.PARKED, str(ParkedFor.RETRY), at)
        failure = RollbackFailed(
            f"Undoing the step “{step.title}” failed: {error.message}",
            details={"step": step.id, "cause": error.as_dict()},
            recovery_actions=(
                "Follow the run's instructions, then press Retry: it takes what is undone for done, and goes on.",
            ),
        )
        payload = {"error": failure.as_dict()}
        driver.append(NewEvent(EventType.UNDO_FAILED, step.id, attempt=attempt, payload=payload))
        reach("rollback.failure_written")
        return self._stuck(step.id)

    def _stuck(self, failed: str) -> Outcome:
        """Stop here: what is left must be undone in order, so nothing after a failed undo may be touched."""
        driver = self._driver
        # Only what was tried: a retry undoes the steps after it, and by hand they would be undone in front of it.
        instructions = [
            self._instruction(driver.run.plan.step(step_id))
            for step_id in driver.view.undo_order
            if driver.view.step(step_id).state is StepState.UNDO_FAILED
        ]
        driver.finish(EventType.RUN_STUCK, error=driver.view.step(failed).error, instructions=instructions)
        return Outcome(OutcomeKind.FINISHED, str(driver.view.state))

    def _instruction(self, step: Step) -> dict[str, Any]:
        driver = self._driver
        context = driver.context(step, driver.view.step(step.id).own)
        try:
            action = driver.action(step)
            lines = action.manual_clean_up(context) if driver.rehearses else action.manual_undo(context)
            actions = [str(line) for line in lines]
        except Exception as error:  # noqa: BLE001  (people need instructions even when the handler is broken)
            actions = [
                f"Undo the step “{step.title}” by hand: {step.undo_title}.",
                f"Its handler could not say how ({type(error).__name__}).",
            ]
        return {"step": step.id, "title": step.title, "undo": step.undo_title, "actions": actions}
