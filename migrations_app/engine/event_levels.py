"""How much an event matters: to people who read the log, and to whoever folds a long journal in a short time."""

from collections.abc import Mapping
from enum import StrEnum

from migrations_app.engine.events import Event, EventType


class EventLevel(StrEnum):
    """DETAIL changes nothing but a step's progress, which the newest checkpoint of each driver repeats."""

    DETAIL = "detail"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"

    @property
    def and_above(self) -> tuple["EventLevel", ...]:
        ranks = tuple(EventLevel)
        return ranks[ranks.index(self) :]


def level_of(event: Event) -> EventLevel:
    if event.type is EventType.LOGGED:
        return _LOGGED.get(str(event.payload.get("level", "")), EventLevel.DETAIL)
    return _LEVELS.get(event.type, EventLevel.INFO)


_LOGGED = {"warning": EventLevel.WARNING, "error": EventLevel.ERROR}
_LEVELS: Mapping[EventType, EventLevel] = {
    EventType.CHECKPOINT_SAVED: EventLevel.DETAIL,
    EventType.RUN_FAILED: EventLevel.ERROR,
    EventType.RUN_STUCK: EventLevel.ERROR,
    EventType.STEP_FAILED: EventLevel.ERROR,
    EventType.PARTITION_FAILED: EventLevel.ERROR,
    EventType.UNDO_FAILED: EventLevel.ERROR,
    EventType.RUN_CANCELLED: EventLevel.WARNING,
    EventType.RUN_TAKEN_OVER: EventLevel.WARNING,
    EventType.ROLLBACK_STARTED: EventLevel.WARNING,
    EventType.STEP_RETRY_SCHEDULED: EventLevel.WARNING,
    EventType.CONFIRMATION_WANTED: EventLevel.WARNING,
}
