"""Refusals that a read can end with; `services/errors.py` adds those of writes. Doors import them from there."""

from collections.abc import Mapping
from typing import Any, ClassVar


class Refused(Exception):
    """Snakeweb did not do what was asked, and changed nothing.

    `message` says what happened and to which thing, `fix` what to do next. `code` is stable for programs.
    `recorded`: whether the refusal itself is written to the audit trail.
    """

    code: ClassVar[str] = "refused"
    recorded: ClassVar[bool] = True

    def __init__(self, message: str, fix: str = "", *, details: Mapping[str, Any] | None = None) -> None:
        self.message = message
        self.fix = fix
        self.details: dict[str, Any] = dict(details or {})
        super().__init__(message)


class PermissionDenied(Refused):
    code = "permission_denied"


class NotFound(Refused):
    """There is no such thing, or the actor may not know that there is (`hidden`, which the audit trail keeps)."""

    code = "not_found"

    def __init__(self, message: str, fix: str = "", *, hidden: bool = False) -> None:
        super().__init__(message, fix)
        self.hidden = hidden
