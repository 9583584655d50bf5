"""Why a chunk was not written, where it is about its rows or its moment, and not about the database."""

from migrations_app.engine.errors import LeaseLost, Timeout, ValidationFailed


class Refused(ValidationFailed):
    """A row cannot be read as what it is to become, or the target does not take it; nothing of the chunk was written.

    `row` counts from 1 in the order of the key: which one it was, as far as the database says. `reason` is for people.
    """

    def __init__(self, reason: str, row: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.row = row


class Interfered(Timeout):
    """Somebody else's transaction was in the way (deadlock, serialization, lock); the same may work a moment later."""


class MarkMoved(LeaseLost):
    """The range stands elsewhere than this worker believes: a commit whose answer was lost has arrived after all."""
