"""The way forward: intent before effect, outcome after, one step after the other (DESIGN section 3)."""

from collections.abc import Mapping
from typing import Any

from migrations_app.engine.brief import Outcome, OutcomeKind
from migrations_app.engine.crash_points import reach
from migrations_app.engine.driver import Driver
from migrations_app.engine.errors import DataCorruption, LeaseLost, MigrationError, StepCrashed
from migrations_app.engine.events import EventType, NewEvent
from migrations_app.engine.following import following
from migrations_app.engine.interruptions import SliceOver
from migrations_app.engine.plan import Step
from migrations_app.engine.redaction import json_ready
from migrations_app.engine.rehearsal import NOT_REHEARSED, REHEARSED
from migrations_app.engine.retry import decide
from migrations_app.engine.rollback import Rollback
from migrations_app.engine.run_view import ParkedFor, StepView
from migrations_app.engine.vocabulary import Decision, RunKind, StepState


class Forward:
    """Drives the steps of an apply, a rehearsal or a dry run, which only previews, with read-only connections."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._looks = driver.run.kind is RunKind.DRY_RUN
        self._intended = ""  # the step whose intent was written together with the outcome of the one before

    def go_on(self) -> Outcome | None:
        """Run every step that is not done. None: the run has turned round and must be undone, or cleaned up.

        Raises an Interruption when a person asked for something or the slice is over, and LeaseLost.
        """
        for step in self._driver.run.plan.steps:
            view = self._driver.view.step(step.id)
            if view.state in (StepState.SUCCEEDED, StepState.SKIPPED):
                continue
            if step.id == self._intended:
                if not self._run(step):
                    return self._outcome_of_failure(step)
                continue
            if view.state is StepState.FAILED:  # the driver died between the failure and its consequence
                return self._consequence(view.error or {})
            self._driver.obey()
            if self._driver.slice_is_over():
                raise SliceOver
            if not self._may_start(step, view):
                continue
            outcome = self._parked(step, view)
            if outcome is not None:
                return outcome
            if not self._run(step):
                return self._outcome_of_failure(step)
        self._driver.obey()
        if self._driver.rehearses:
            Rollback(self._driver).start(REHEARSED)
            return None
        self._driver.finish(EventType.RUN_SUCCEEDED)
        return Outcome(OutcomeKind.FINISHED, str(self._driver.view.state))

    def _may_start(self, step: Step, view: StepView) -> bool:
        """False when the step is skipped: a person declined it, or it depends on one that was skipped."""
        because = ""
        if view.decision == Decision.REJECT:
            because = "A person declined it."
        for name in step.depends_on:
            if self._driver.view.step(name).state is StepState.SKIPPED:
                because = f"It depends on “{name}”, which was skipped."
        if because:
            self._driver.append(NewEvent(EventType.STEP_SKIPPED, step.id, payload={"reason": because}))
        return not because

    def _parked(self, step: Step, view: StepView) -> Outcome | None:
        """The outcome when the step waits for its confirmation or its partitions, else None."""
        if step.confirm and not view.decision and not self._driver.is_trial:
            wanted = [] if view.confirmation_wanted else [NewEvent(EventType.CONFIRMATION_WANTED, step.id)]
            return self._park(ParkedFor.CONFIRMATION, *wanted)
        if view.unfinished_partitions and view.failed_partition is None:
            return self._park(ParkedFor.PARTITIONS, step=view)
        return None

    def _park(self, reason: ParkedFor, *events: NewEvent, step: StepView | None = None) -> Outcome:
        self._driver.append(*events, NewEvent(EventType.RUN_PARKED, payload={"reason": str(reason)}))
        partitions = tuple((step.id, index) for index in step.unfinished_partitions) if step else ()
        return Outcome(OutcomeKind.PARKED, str(reason), partitions=partitions)

    def _run(self, step: Step) -> bool:
        """Intent, effect, verification, outcome. False when the step did not succeed (now)."""
        driver = self._driver
        view = driver.view.step(step.id)
        if step.id != self._intended:
            hopeless = self._hopeless(step, view)
            if hopeless is not None:
                self._fail(step, hopeless)
                return False
            driver.append(self._intent(step, view))
        reach("forward.intent_written")
        if self._plans_partitions(step):
            return False
        try:
            driver.check_time()
            with following().step(step.id, attempt=self._attempt(step)):
                result = self._effect(step)
        except LeaseLost:
            raise
        except Exception as error:  # noqa: BLE001  (whatever an action raises is an outcome to record)
            self._record_failure(step, error)
            return False
        reach("forward.effect_done")
        self._write_outcome(step, result)
        reach("forward.outcome_written")
        return True

    def _write_outcome(self, step: Step, result: Mapping[str, Any]) -> None:
        """The outcome, and with it the intent of the following step when that can start at once."""
        driver = self._driver
        outcome = NewEvent(EventType.STEP_SUCCEEDED, step.id, attempt=self._attempt(step), payload={"result": result})
        following = self._following(step)
        if following is None:
            driver.append(outcome)
            return
        intent = self._intent(following, driver.view.step(following.id))
        self._intended = following.id if driver.append(outcome, unless_asked=[intent]) else ""

    def _following(self, step: Step) -> Step | None:
        """The next step if nothing has to be decided before it: no confirmation, no skipping, no end of the slice."""
        driver = self._driver
        steps = driver.run.plan.steps
        place = next(place for place, each in enumerate(steps) if each.id == step.id) + 1
        if place == len(steps) or driver.slice_is_over():
            return None
        following = steps[place]
        depends_on_skipped = any(driver.view.step(name).state is StepState.SKIPPED for name in following.depends_on)
        fresh = driver.view.step(following.id).state is StepState.PENDING
        if not fresh or depends_on_skipped or (following.confirm and not driver.is_trial):
            return None
        return following

    def _hopeless(self, step: Step, view: StepView) -> Mapping[str, Any] | None:
        """The error of a step that need not be started again: a partition has failed, or its drivers keep dying."""
        if view.failed_partition is not None:
            return view.failed_partition.error or {}
        if view.own.deaths < self._driver.limits.max_deaths:
            return None
        crashed = StepCrashed(f"The step “{step.title}” ended {view.own.deaths} times without an outcome.")
        return self._described(crashed)

    def _intent(self, step: Step, view: StepView) -> NewEvent:
        payload = {"token": self._driver.worker.token, "resumed": bool(view.own.checkpoint)}
        return NewEvent(EventType.STEP_STARTED, step.id, attempt=view.own.next_attempt, payload=payload)

    def _attempt(self, step: Step) -> int:
        return self._driver.view.step(step.id).attempt

    def _plans_partitions(self, step: Step) -> bool:
        """Journal the partitions of a step that runs apart; the run parks in the same transaction."""
        driver = self._driver
        count = driver.partition_count(step)
        if self._looks or count < 2 or driver.view.step(step.id).partitions:
            return False
        driver.append(
            NewEvent(EventType.PARTITIONS_PLANNED, step.id, payload={"partitions": count}),
            NewEvent(EventType.RUN_PARKED, payload={"reason": str(ParkedFor.PARTITIONS)}),
        )
        reach("forward.partitions_planned")
        return True

    def _effect(self, step: Step) -> dict[str, Any]:
        driver = self._driver
        action = driver.action(step)
        view = driver.view.step(step.id)
        context = driver.context(step, view.own)
        if self._looks:
            return json_ready(action.preview(context), what="The preview")
        if view.partitions:
            results = [partition.result or {} for partition in view.partitions]
            result = json_ready(action.merge(results), what="The merged result")
        else:
            result = json_ready(driver.deed(step)(context), what="The result")
        reach("forward.done")
        if NOT_REHEARSED not in result:
            action.verify(context, result)
        return result

    def _record_failure(self, step: Step, raised: Exception) -> None:
        driver = self._driver
        error = driver.error_of(raised, step)
        failures = driver.view.step(step.id).own.failures
        decision = decide(error, failures, driver.retry_policy)
        if not decision.retry:
            self._fail(step, self._described(error))
            return
        at = driver.in_seconds(decision.after_seconds).isoformat()
        driver.append(
            NewEvent(
                EventType.STEP_RETRY_SCHEDULED,
                step.id,
                attempt=self._attempt(step),
                payload={"error": error.as_dict(), "retry_at": at, "because": decision.because},
            ),
            NewEvent(EventType.RUN_PARKED, payload={"reason": str(ParkedFor.RETRY), "wake_at": at}),
        )

    def _described(self, error: MigrationError) -> dict[str, Any]:
        return {**error.as_dict(), "rollback_available": self._can_roll_back()}

    def _fail(self, step: Step, error: Mapping[str, Any]) -> None:
        payload = {"error": dict(error)}
        self._driver.append(NewEvent(EventType.STEP_FAILED, step.id, attempt=self._attempt(step), payload=payload))
        reach("forward.failure_written")

    def _outcome_of_failure(self, step: Step) -> Outcome | None:
        """After a step that did not succeed: parked for a retry or for its partitions, failed, or turned round."""
        view = self._driver.view
        step_view = view.step(step.id)
        if step_view.state is StepState.FAILED:
            return self._consequence(step_view.error or {})
        partitions = tuple((step.id, index) for index in step_view.unfinished_partitions)
        return Outcome(OutcomeKind.PARKED, str(view.parked_for), view.wake_at, partitions)

    def _can_roll_back(self) -> bool:
        plan = self._driver.run.plan
        if self._driver.rehearses:
            return True
        allowed = not self._looks and bool(plan.options.get("rollback_enabled", True))
        return allowed and not self._driver.no_way_back

    def _consequence(self, error: Mapping[str, Any]) -> Outcome | None:
        """What follows a failed step. Corrupted data is rolled back at once, whatever the options say.

        Past a step that nothing takes back the run only fails, to be retried: what came before it carries it now. A
        rehearsal is cleaned up whatever the options say.
        """
        driver = self._driver
        emergency = error.get("type") == DataCorruption.code and not driver.is_trial and not driver.no_way_back
        wanted = driver.rehearses or bool(driver.run.plan.options.get("auto_rollback", True))
        automatic = self._can_roll_back() and wanted
        if emergency or automatic:
            Rollback(self._driver).start("emergency" if emergency else "failure", error)
            return None
        self._driver.finish(EventType.RUN_FAILED, error=error)
        return Outcome(OutcomeKind.FINISHED, str(self._driver.view.state))
