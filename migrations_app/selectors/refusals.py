"""Refusals that a read can end with; `services/errors.py` adds those of writes. Doors import them from there."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from django.db.models import Model, QuerySet

from migrations_app.engine.hiding import redact_text, redact_texts


class Refused(Exception):
    """Snakeweb did not do what was asked, and changed nothing.

    `message` says what happened and to which thing, `fix` what to do next. `code` is stable for programs.
    `recorded`: whether the refusal itself is written to the audit trail. `in_trail`: that has been done; a door writes
    what no service has (`services/denials.py`). What may be secret is hidden in all of it. `environment` is the name of
    the place that it was about, for the trail alone: no answer shows it.
    """

    code: ClassVar[str] = "refused"
    recorded: ClassVar[bool] = True

    def __init__(self, message: str, fix: str = "", *, details: Mapping[str, Any] | None = None) -> None:
        self.message = redact_text(message)
        self.fix = redact_text(fix)
        self.details: dict[str, Any] = redact_texts(dict(details or {}))
        self.in_trail = False
        self.environment = ""
        super().__init__(self.message)

    def about(self, environment: str | None) -> Self:
        self.environment = environment or ""
        return self


class PermissionDenied(Refused):
    code = "permission_denied"


class NotFound(Refused):
    """There is no such thing, or the actor may not know that there is (`hidden`, which the audit trail keeps)."""

    code = "not_found"

    def __init__(self, message: str, fix: str = "", *, hidden: bool = False) -> None:
        super().__init__(message, fix)
        self.hidden = hidden

    def unless_hidden(self, rows: QuerySet[Model], environment: str = "environment__name") -> Self:
        """In the same words where one of `rows` is there and the actor may not know it; `environment`: its field."""
        names = list(rows.values_list(environment, flat=True)[:1])
        self.hidden = bool(names)
        return self.about(names[0] if names else "")
