"""Keeps target secrets out of everything a driver writes, and makes payloads plain JSON."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from migrations_app.engine.errors import MigrationError, StepFailed

HIDDEN = "•••"
LONGEST_MESSAGE = 2000


class Redactor:
    """Replaces each known secret in any text by `•••`; the longest first, so that no rest of one stays."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = sorted({secret for secret in secrets if secret}, key=len, reverse=True)

    def text(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return text

    def payload(self, value: Any) -> Any:
        """The same JSON value without secrets, in keys too."""
        if not self._secrets:
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.text(str(key)): self.payload(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.payload(item) for item in value]
        return value


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
