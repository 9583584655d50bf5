"""The error tree. A class's docstring is its default message; every error tells people what to do next.

`retryable` is a property of the error, never of the caller. The four flags of the seed's error handler
(`rollback_required`, `rollback_available`, `manual_intervention_required`, `immediate_action_required`) are
carried under their own names, so API and report show them as they are.
"""

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from migrations_app.engine.hiding import redact, redact_text


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with what somebody gave us.

    `field` is a dotted path in the document the person edits (`options.batch_size`, `targets.source`),
    `message` says what is wrong, `fix` what to do about it, `code` is stable for programs.
    """

    field: str
    message: str
    fix: str = ""
    code: str = "invalid"


class MigrationError(Exception):
    """The migration could not go on."""

    code: ClassVar[str] = "migration_error"
    retryable: ClassVar[bool] = False
    recovery_actions: ClassVar[tuple[str, ...]] = ()
    rollback_required: ClassVar[bool] = False
    manual_intervention_required: ClassVar[bool] = False
    immediate_action_required: ClassVar[bool] = False

    def __init__(
        self,
        message: str | None = None,
        *,
        details: Mapping[str, Any] | None = None,
        recovery_actions: Iterable[str] | None = None,
        rollback_available: bool = False,
    ) -> None:
        message = message or inspect.cleandoc(type(self).__doc__ or "").split("\n\n")[0].replace("\n", " ")
        self.message = redact_text(message)  # what a driver raised may quote its connection string
        self.details: dict[str, Any] = redact(dict(details or {}))
        if recovery_actions is not None:
            self.recovery_actions = tuple(redact_text(action) for action in recovery_actions)  # type: ignore[misc]
        self.rollback_available = rollback_available
        super().__init__(self.message)

    def as_dict(self) -> dict[str, Any]:
        """The seed's error map: JSON-ready, without secrets, the shape stored in events and sent by the API."""
        return {
            "type": self.code,
            "message": self.message,
            "details": self.details,
            "recovery_actions": list(self.recovery_actions),
            "retryable": self.retryable,
            "rollback_required": self.rollback_required,
            "rollback_available": self.rollback_available,
            "manual_intervention_required": self.manual_intervention_required,
            "immediate_action_required": self.immediate_action_required,
        }


class ValidationFailed(MigrationError):
    """The migration did not pass validation; nothing was changed."""

    code = "validation_failed"
    recovery_actions = (
        "Correct the fields that are named and plan again.",
        "Check that its targets are reachable and meet the requirements.",
        "Compare the source's state with what the plan expected.",
        "Consider another way to reach the same state.",
    )

    def __init__(self, message: str | None = None, *, problems: Iterable[Problem] = (), **kwargs: Any) -> None:
        super().__init__(message, **kwargs)
        self.problems = tuple(problems)
        if self.problems:
            self.details["problems"] = [
                {"field": p.field, "message": p.message, "fix": p.fix, "code": p.code} for p in self.problems
            ]


class StepFailed(MigrationError):
    """A step could not do its work."""

    code = "step_failed"
    manual_intervention_required = True
    recovery_actions = (
        "Read the step's log and its last checkpoint.",
        "Roll the run back, or mend the cause and retry it.",
    )


class StepCrashed(MigrationError):
    """A step ended without an outcome more often than is allowed."""

    code = "step_crashed"
    rollback_required = True
    recovery_actions = ("Look at the worker's log for the cause.", "Roll the run back.")


class RollbackFailed(MigrationError):
    """An undo failed; the run is stuck and needs a person."""

    code = "rollback_failed"
    manual_intervention_required = True
    immediate_action_required = True


class DataCorruption(MigrationError):
    """The target does not hold what the source holds; an emergency rollback begins."""

    code = "data_corruption"
    rollback_required = True
    immediate_action_required = True
    recovery_actions = (
        "Wait for the emergency rollback to finish.",
        "Look at the named records and find who else writes to the target.",
    )


class Timeout(MigrationError):
    """The time limit passed before the work was done."""

    code = "timeout"
    retryable = True
    recovery_actions = ("Check the load of its targets.", "Raise `options.timeout` and plan again.")


class DependencyUnavailable(MigrationError):
    """Something the migration depends on does not answer."""

    code = "dependency_unavailable"
    retryable = True
    recovery_actions = ("Check the host, port and network of the named target.", "Retry when it answers again.")


class InsufficientResources(MigrationError):
    """There is not enough room or capacity to go on safely."""

    code = "insufficient_resources"
    recovery_actions = ("Give the named target more room.", "Move fewer records at a time.")


class UserCancelled(MigrationError):
    """A person cancelled the run."""

    code = "user_cancelled"


class LeaseLost(MigrationError):
    """Another worker drives this run now; what this worker still wanted to write was refused."""

    code = "lease_lost"


class PlanIsStale(MigrationError):
    """The targets are no longer as they were when the plan was signed."""

    code = "plan_is_stale"
    recovery_actions = ("Plan again, look at what changed, and have the new revision signed.",)


class HandlerMissing(MigrationError):
    """This process has no handler that runs the plan; another one may. Nothing was changed."""

    code = "handler_missing"
    recovery_actions = (
        "Install the package and version that the plan was made with, for every worker, and start them again.",
        "Or plan again with the version that is installed.",
    )


class IllegalTransition(MigrationError):
    """That is not possible in this state."""

    code = "illegal_transition"


class ClaimConflict(MigrationError):
    """Another migration uses one of these targets."""

    code = "claim_conflict"
    recovery_actions = ("Wait until the named run has ended, or cancel it.",)


ERRORS_BY_CODE: dict[str, type[MigrationError]] = {
    cls.code: cls
    for cls in (
        MigrationError,
        ValidationFailed,
        StepFailed,
        StepCrashed,
        RollbackFailed,
        DataCorruption,
        Timeout,
        DependencyUnavailable,
        InsufficientResources,
        UserCancelled,
        LeaseLost,
        PlanIsStale,
        HandlerMissing,
        IllegalTransition,
        ClaimConflict,
    )
}
