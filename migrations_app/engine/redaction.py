"""Payloads as plain JSON, and whatever an action raised as an error of ours. What is hidden in them: `hiding.py`."""

import json
from collections.abc import Mapping
from typing import Any

from migrations_app.engine.errors import MigrationError, StepFailed

LONGEST_MESSAGE = 2000


def json_ready(value: Mapping[str, Any], *, what: str) -> dict[str, Any]:
    """The mapping as it will be read back from the journal. Raises StepFailed when it is not plain JSON."""
    try:
        plain = json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise StepFailed(f"{what} is not plain JSON: {error}.") from None
    if not isinstance(plain, dict):
        raise StepFailed(f"{what} is not a mapping.")
    return plain


def as_migration_error(error: Exception, *, title: str) -> MigrationError:
    """What an action raised, in the error tree; anything unexpected becomes a StepFailed that names its type."""
    if isinstance(error, MigrationError):
        return error
    message = f"The step “{title}” ended with an unexpected {type(error).__name__}: {error}"
    return StepFailed(message[:LONGEST_MESSAGE], details={"exception": type(error).__name__})
