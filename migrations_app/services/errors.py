"""How a service refuses. Each refusal leaves everything as it was; one file of each door maps them to its answers."""

from collections.abc import Iterable
from dataclasses import replace

from migrations_app.engine.errors import Problem
from migrations_app.engine.hiding import redact_text
from migrations_app.selectors.refusals import NotFound, PermissionDenied, Refused

__all__ = [
    "Conflict",
    "InvalidInput",
    "Maintenance",
    "NotFound",
    "PermissionDenied",
    "Problem",
    "Refused",
    "SignInRequired",
    "StaleEdit",
    "StepUpRequired",
    "TargetUnavailable",
    "TooManyRequests",
]


class InvalidInput(Refused):
    """What was given cannot be used: every problem at once, each with its field and a fix."""

    code = "invalid_input"
    recorded = False

    def __init__(self, problems: Iterable[Problem], message: str = "") -> None:
        self.problems = tuple(replace(p, message=redact_text(p.message), fix=redact_text(p.fix)) for p in problems)
        names = ", ".join(dict.fromkeys(p.field for p in self.problems if p.field))
        super().__init__(
            message or (self.problems[0].message if len(self.problems) == 1 else f"Please look at: {names}."),
            self.problems[0].fix
            if len(self.problems) == 1
            else "Correct the fields that are named; nothing was changed.",
            details={
                "problems": [
                    {"field": p.field, "message": p.message, "fix": p.fix, "code": p.code} for p in self.problems
                ]
            },
        )


class Conflict(Refused):
    """Not possible as things stand now. `reason` tells programs which of the ways it is."""

    code = "conflict"

    def __init__(self, message: str, fix: str = "", *, reason: str = "conflict", **details: object) -> None:
        super().__init__(message, fix, details={"reason": reason, **details})
        self.reason = reason


class StaleEdit(Refused):
    """Somebody else changed the thing since it was read; `details.version` is its version now."""

    code = "stale_edit"
    recorded = False


class StepUpRequired(Refused):
    """The person has to show once more that it is them (password or second factor, at most 300 s old)."""

    code = "step_up_required"


class SignInRequired(Refused):
    """Only a person in a browser can do this; a token never signs. The door adds the page's URL."""

    code = "sign_in_required"


class TargetUnavailable(Refused):
    """A target did not answer; `details.problems` names which, as for InvalidInput."""

    code = "target_unavailable"
    recorded = False


class TooManyRequests(Refused):
    """An account or an address asked too often. `retry_after` is in whole seconds, as the header of that name."""

    code = "too_many_requests"
    recorded = False  # by `rate_limits`, and not each time

    def __init__(self, message: str, fix: str, retry_after: int) -> None:
        super().__init__(message, fix, details={"retry_after": retry_after})
        self.retry_after = retry_after


class Maintenance(Refused):
    """Snakeweb is in read-only maintenance mode (`SNAKEWEB_MIGRATION["enabled"] = False`)."""

    code = "maintenance"
    recorded = False
