"""The shape of every write: atomic -> lock -> decide -> save -> audit -> on_commit.

`@operation` opens the transaction and turns the engine's errors into refusals. A refusal is recorded in the audit
trail although its transaction rolled back: the entry is written after the rollback (DESIGN section 10). Two who take
one name at the same moment both find it free, where the database lets transactions go side by side; the later one is
decided again, and then meets what the earlier one made.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial, wraps
from typing import Any, ParamSpec, TypeVar, cast

from django.db import IntegrityError, models, transaction

from migrations_app.engine.errors import ClaimConflict, DependencyUnavailable, IllegalTransition, ValidationFailed
from migrations_app.models import Environment, Migration, Run, StoredSecret, Target
from migrations_app.runtime import settings
from migrations_app.services import audit
from migrations_app.services.errors import Conflict, InvalidInput, Maintenance, NotFound, Refused, TargetUnavailable

P = ParamSpec("P")
R = TypeVar("R")

_ENVIRONMENT_OF: Mapping[str, tuple[type[models.Model], str]] = {
    "environment": (Environment, "name"),
    "migration": (Migration, "environment__name"),
    "run": (Run, "migration__environment__name"),
    "stored_secret": (StoredSecret, "environment__name"),
    "target": (Target, "environment__name"),
}


def operation(
    action: str, *, about: str, atomic: bool = True, in_maintenance: bool = False
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make a keyword-only function that takes `actor` and `now` a write.

    `action` is its name in the audit trail, `about` the noun; the object's id is the argument `<about>_id` where
    there is one. `atomic=False` is for operations that look at targets, which no transaction may wait for: they
    open their own around what they save. `in_maintenance` operations work in read-only maintenance mode too.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            given = cast("dict[str, Any]", kwargs)
            try:
                if not in_maintenance and not settings.current().enabled:
                    raise Maintenance(
                        "Snakeweb is in read-only maintenance mode; nothing was changed.",
                        "Try again when an admin has ended it.",
                    )
                with translated():
                    return _whole(partial(function, *args, **kwargs)) if atomic else function(*args, **kwargs)
            except Refused as refused:
                if atomic or not refused.in_trail:  # an operation within a transaction lost its entry with it
                    record_refusal(action, about=about, given=given, refused=refused)
                raise

        return call

    return decorate


def _whole(function: Callable[[], R]) -> R:
    """In one transaction; once more in another where something of its kind came first at the same moment."""
    try:
        with transaction.atomic():
            return function()
    except IntegrityError as error:
        if not _came_second(error):
            raise
    try:
        with transaction.atomic():
            return function()
    except IntegrityError as error:
        if not _came_second(error):
            raise
        raise Conflict(
            "Somebody else made the same thing at the same moment; nothing was changed here.",
            "Look at what is there now, and repeat your change if it is still wanted.",
            reason="came_second",
        ) from error


def _came_second(error: IntegrityError) -> bool:
    """Whether it is of a constraint that something be there once. PostgreSQL numbers them, SQLite says so."""
    number = getattr(error.__cause__, "sqlstate", None)
    return number == "23505" if number else str(error).startswith("UNIQUE constraint failed")


@contextmanager
def translated() -> Iterator[None]:
    """Engine errors, as refusals that doors know how to show."""
    try:
        yield
    except ValidationFailed as error:
        if error.problems:
            raise InvalidInput(error.problems) from error
        raise Conflict(error.message, " ".join(error.recovery_actions), reason=error.code) from error
    except (IllegalTransition, ClaimConflict) as error:
        raise Conflict(error.message, " ".join(error.recovery_actions), reason=error.code, **error.details) from error
    except DependencyUnavailable as error:
        raise TargetUnavailable(error.message, " ".join(error.recovery_actions), details=error.details) from error


def violates(error: IntegrityError, model: type[models.Model], name: str) -> bool:
    """Whether this error is the named constraint of the model: PostgreSQL names it, SQLite lists its columns."""
    cause = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
    if cause:
        return bool(cause == name)
    constraint = next(c for c in model._meta.constraints if c.name == name)
    fields = getattr(constraint, "fields", ())
    columns = ", ".join(f"{model._meta.db_table}.{model._meta.get_field(f).column}" for f in fields)  # type: ignore[union-attr]
    return name in str(error) or (bool(columns) and str(error).endswith(columns))


def record_refusal(action: str, *, about: str, given: Mapping[str, Any], refused: Refused) -> None:
    """Write the denial; `given` holds `actor` and `now` at least.

    For doors that wrap a service in a transaction of their own (Django admin does), which takes the entry that
    the service wrote back with it: they call this afterwards.
    """
    if not refused.recorded or (isinstance(refused, NotFound) and not refused.hidden):
        return
    object_id = given.get(f"{about}_id")
    with transaction.atomic():
        audit.record(
            actor=given["actor"],
            now=given["now"],
            action=action,
            object_type=about,
            object_id="" if object_id is None else str(object_id),
            environment=refused.environment or _environment(about, object_id),
            outcome="denied",
            reason=f"{refused.code}: {refused.message}",
        )
    refused.in_trail = True


def _environment(about: str, object_id: Any) -> str:
    if object_id is None or about not in _ENVIRONMENT_OF:
        return ""
    model, path = _ENVIRONMENT_OF[about]
    return model._default_manager.filter(pk=object_id).values_list(path, flat=True).first() or ""
