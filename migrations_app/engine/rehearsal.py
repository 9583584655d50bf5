"""What a rehearsal is to the engine: the steps are really done, in a namespace of the run's own, and cleaned up.

The clean-up is an undo like any other: journaled step by step, taken over when a worker dies, stuck when it fails for
good. A rehearsal has succeeded only when nothing of it is left.
"""

from datetime import datetime

from migrations_app.engine.errors import IllegalTransition
from migrations_app.engine.ports import RouteRecord, Routes

REHEARSED = "rehearsed"  # the reason of the undo that follows the last step
NOT_REHEARSED = "not_rehearsed"  # in a step's result: why a rehearsal leaves it out


class UnmovedRoutes:
    """The routes as they are. A rehearsal publishes none, whatever an action tries."""

    def __init__(self, routes: Routes) -> None:
        self._routes = routes

    def get(self, name: str) -> RouteRecord | None:
        return self._routes.get(name)

    def now(self) -> datetime:
        return self._routes.now()

    def reserved(self, name: str) -> int:
        return self._routes.reserved(name)

    def publish(self, record: RouteRecord, *, expected_epoch: int | None) -> RouteRecord:
        """Raises IllegalTransition, always."""
        raise _unmoved(record.name, expected_epoch)

    def reserve(self, name: str, *, expected_epoch: int, count: int) -> int:
        """Raises IllegalTransition, always."""
        raise _unmoved(name, expected_epoch)


def _unmoved(name: str, expected_epoch: int | None) -> IllegalTransition:
    return IllegalTransition(
        f"A rehearsal moves no route; “{name}” was left as it is.",
        details={"route": name, "expected_epoch": expected_epoch},
    )
