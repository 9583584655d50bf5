"""One transition table for every state that is stored: migration status, review state, run state.

What is not listed is an `IllegalTransition`. Services ask before they write, the journal's fold asks for every
event, and a projection is written with the answer.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar, cast

from migrations_app.engine.errors import IllegalTransition
from migrations_app.engine.events import EventType
from migrations_app.engine.vocabulary import TRIALS, MigrationStatus, ReviewState, RunKind, RunState


class MigrationEvent(StrEnum):
    """What happens to a migration as a whole."""

    PLANNED = "migration planned"
    EDITED = "migration edited"
    VALIDATION_STARTED = "validation started"
    VALIDATION_ENDED = "validation ended"
    EXECUTION_STARTED = "execution started"
    PAUSED = "execution paused"
    RESUMED = "execution resumed"
    COMPLETED = "execution completed"
    FAILED = "execution failed"
    ROLLBACK_STARTED = "rollback started"
    ROLLED_BACK = "rollback completed"
    STUCK = "rollback failed"
    CANCELLED = "migration cancelled"


class ReviewEvent(StrEnum):
    SUBMITTED = "review submitted"
    WITHDRAWN = "review withdrawn"
    APPROVED = "last approval given"
    DECLINED = "review declined"
    EXPIRED = "review expired"
    EDITED = "plan edited"
    TARGET_CHANGED = "target changed"
    ASKED_FOR_MORE = "policies ask for more"


_M, _E = MigrationStatus, MigrationEvent
_MIGRATION: Mapping[tuple[StrEnum, StrEnum], StrEnum] = {
    (_M.DRAFT, _E.PLANNED): _M.PLANNED,
    (_M.DRAFT, _E.EDITED): _M.DRAFT,
    (_M.DRAFT, _E.CANCELLED): _M.CANCELLED,
    (_M.PLANNED, _E.PLANNED): _M.PLANNED,
    (_M.PLANNED, _E.EDITED): _M.DRAFT,
    (_M.PLANNED, _E.VALIDATION_STARTED): _M.VALIDATING,
    (_M.PLANNED, _E.EXECUTION_STARTED): _M.EXECUTING,
    (_M.PLANNED, _E.CANCELLED): _M.CANCELLED,
    (_M.VALIDATING, _E.VALIDATION_STARTED): _M.VALIDATING,
    (_M.VALIDATING, _E.VALIDATION_ENDED): _M.PLANNED,
    (_M.EXECUTING, _E.PAUSED): _M.PAUSED,
    (_M.EXECUTING, _E.RESUMED): _M.EXECUTING,
    (_M.EXECUTING, _E.COMPLETED): _M.COMPLETED,
    (_M.EXECUTING, _E.FAILED): _M.FAILED,
    (_M.EXECUTING, _E.CANCELLED): _M.CANCELLED,
    (_M.EXECUTING, _E.ROLLBACK_STARTED): _M.ROLLING_BACK,
    (_M.PAUSED, _E.RESUMED): _M.EXECUTING,
    (_M.PAUSED, _E.CANCELLED): _M.CANCELLED,
    (_M.PAUSED, _E.ROLLBACK_STARTED): _M.ROLLING_BACK,
    (_M.COMPLETED, _E.ROLLBACK_STARTED): _M.ROLLING_BACK,
    (_M.FAILED, _E.RESUMED): _M.EXECUTING,
    (_M.FAILED, _E.ROLLBACK_STARTED): _M.ROLLING_BACK,
    (_M.FAILED, _E.EDITED): _M.DRAFT,
    (_M.FAILED, _E.PLANNED): _M.PLANNED,
    (_M.FAILED, _E.CANCELLED): _M.CANCELLED,
    (_M.ROLLING_BACK, _E.ROLLBACK_STARTED): _M.ROLLING_BACK,
    (_M.ROLLING_BACK, _E.RESUMED): _M.ROLLING_BACK,
    (_M.ROLLING_BACK, _E.ROLLED_BACK): _M.ROLLED_BACK,
    (_M.ROLLING_BACK, _E.STUCK): _M.FAILED,
    (_M.ROLLING_BACK, _E.FAILED): _M.FAILED,
    (_M.ROLLED_BACK, _E.EDITED): _M.DRAFT,
    (_M.ROLLED_BACK, _E.PLANNED): _M.PLANNED,
}

# What may be put away: nothing of it is at work or waits for somebody.
ARCHIVABLE = (_M.DRAFT, _M.COMPLETED, _M.FAILED, _M.ROLLED_BACK, _M.CANCELLED)

_V, _R = ReviewState, ReviewEvent
_REVIEW: Mapping[tuple[StrEnum, StrEnum], StrEnum] = {
    (_V.NOT_SUBMITTED, _R.SUBMITTED): _V.IN_REVIEW,
    (_V.NOT_SUBMITTED, _R.EDITED): _V.NOT_SUBMITTED,
    (_V.NOT_SUBMITTED, _R.TARGET_CHANGED): _V.NOT_SUBMITTED,
    (_V.IN_REVIEW, _R.WITHDRAWN): _V.NOT_SUBMITTED,
    (_V.IN_REVIEW, _R.APPROVED): _V.APPROVED,
    (_V.IN_REVIEW, _R.DECLINED): _V.REJECTED,
    (_V.IN_REVIEW, _R.EXPIRED): _V.EXPIRED,
    (_V.IN_REVIEW, _R.EDITED): _V.VOIDED,
    (_V.IN_REVIEW, _R.TARGET_CHANGED): _V.VOIDED,
    (_V.APPROVED, _R.WITHDRAWN): _V.NOT_SUBMITTED,
    (_V.APPROVED, _R.ASKED_FOR_MORE): _V.IN_REVIEW,
    (_V.APPROVED, _R.DECLINED): _V.REJECTED,
    (_V.APPROVED, _R.EXPIRED): _V.EXPIRED,
    (_V.APPROVED, _R.EDITED): _V.VOIDED,
    (_V.APPROVED, _R.TARGET_CHANGED): _V.VOIDED,
    (_V.REJECTED, _R.SUBMITTED): _V.IN_REVIEW,
    (_V.REJECTED, _R.EDITED): _V.NOT_SUBMITTED,
    (_V.REJECTED, _R.TARGET_CHANGED): _V.REJECTED,
    (_V.EXPIRED, _R.SUBMITTED): _V.IN_REVIEW,
    (_V.EXPIRED, _R.EDITED): _V.NOT_SUBMITTED,
    (_V.EXPIRED, _R.TARGET_CHANGED): _V.EXPIRED,
    (_V.VOIDED, _R.SUBMITTED): _V.IN_REVIEW,
    (_V.VOIDED, _R.EDITED): _V.VOIDED,
    (_V.VOIDED, _R.TARGET_CHANGED): _V.VOIDED,
}

# A run that rolls back stays `rolling_back` while it waits for a retry: what it is doing matters more to people
# than that no worker holds it just now. `FAILED` and `STUCK` are left only by a retry that a person asks for:
# the service appends `RunResumed` or `RollbackStarted` and wakes the run. A rehearsal succeeds once it is cleaned up.
_S, _J = RunState, EventType
_RUN: Mapping[tuple[StrEnum, StrEnum], StrEnum] = {
    (_S.QUEUED, _J.RUN_STARTED): _S.RUNNING,
    (_S.QUEUED, _J.RUN_CANCELLED): _S.CANCELLED,
    (_S.QUEUED, _J.RUN_FAILED): _S.FAILED,
    (_S.RUNNING, _J.RUN_TAKEN_OVER): _S.RUNNING,
    (_S.RUNNING, _J.RUN_PARKED): _S.PARKED,
    (_S.RUNNING, _J.RUN_PAUSED): _S.PAUSED,
    (_S.RUNNING, _J.RUN_SUCCEEDED): _S.SUCCEEDED,
    (_S.RUNNING, _J.RUN_FAILED): _S.FAILED,
    (_S.RUNNING, _J.RUN_CANCELLED): _S.CANCELLED,
    (_S.RUNNING, _J.ROLLBACK_STARTED): _S.ROLLING_BACK,
    (_S.PARKED, _J.RUN_RESUMED): _S.RUNNING,
    (_S.PARKED, _J.RUN_PAUSED): _S.PAUSED,
    (_S.PAUSED, _J.RUN_RESUMED): _S.RUNNING,
    (_S.ROLLING_BACK, _J.RUN_TAKEN_OVER): _S.ROLLING_BACK,
    (_S.ROLLING_BACK, _J.RUN_PARKED): _S.ROLLING_BACK,
    (_S.ROLLING_BACK, _J.RUN_RESUMED): _S.ROLLING_BACK,
    (_S.ROLLING_BACK, _J.RUN_SUCCEEDED): _S.SUCCEEDED,
    (_S.ROLLING_BACK, _J.RUN_ROLLED_BACK): _S.ROLLED_BACK,
    (_S.ROLLING_BACK, _J.RUN_STUCK): _S.STUCK,
    (_S.FAILED, _J.RUN_RESUMED): _S.RUNNING,
    (_S.STUCK, _J.ROLLBACK_STARTED): _S.ROLLING_BACK,
}

TRANSITIONS: Mapping[type[StrEnum], Mapping[tuple[StrEnum, StrEnum], StrEnum]] = {
    MigrationStatus: _MIGRATION,
    ReviewState: _REVIEW,
    RunState: _RUN,
}

RUN_EVENTS = frozenset(event for _, event in _RUN)

State = TypeVar("State", MigrationStatus, ReviewState, RunState)


def next_status(current: State, event: MigrationEvent | ReviewEvent | EventType) -> State:
    """The state after `event`. Raises IllegalTransition when that cannot happen in `current`."""
    following = TRANSITIONS[type(current)].get((current, event))
    if following is None:
        raise IllegalTransition(
            f"“{event}” is not possible while the state is “{current.replace('_', ' ')}”; nothing was changed.",
            details={"state": str(current), "event": str(event)},
            recovery_actions=(f"Possible now: {', '.join(possible(current)) or 'nothing'}.",),
        )
    return cast("State", following)


def possible(current: MigrationStatus | ReviewState | RunState) -> tuple[str, ...]:
    """The events that may happen in this state, in the table's order."""
    return tuple(str(event) for state, event in TRANSITIONS[type(current)] if state is current)


_BY_RUN: Mapping[EventType, MigrationEvent] = {
    EventType.RUN_QUEUED: MigrationEvent.EXECUTION_STARTED,
    EventType.RUN_PAUSED: MigrationEvent.PAUSED,
    EventType.RUN_RESUMED: MigrationEvent.RESUMED,
    EventType.RUN_SUCCEEDED: MigrationEvent.COMPLETED,
    EventType.RUN_FAILED: MigrationEvent.FAILED,
    EventType.RUN_CANCELLED: MigrationEvent.CANCELLED,
    EventType.ROLLBACK_STARTED: MigrationEvent.ROLLBACK_STARTED,
    EventType.RUN_ROLLED_BACK: MigrationEvent.ROLLED_BACK,
    EventType.RUN_STUCK: MigrationEvent.STUCK,
}


def migration_event(kind: RunKind, event: EventType) -> MigrationEvent | None:
    """What an event of a run means for its migration; None: nothing.

    A dry run and a rehearsal are `validating` from their queueing to their end, however they end, and a rehearsal
    whose clean-up was stuck is so again when that is retried. A rollback run is `rolling_back` from its queueing.
    Pausing and resuming any of them changes nothing for the migration.
    """
    if kind in TRIALS:
        if event in (EventType.RUN_QUEUED, EventType.ROLLBACK_STARTED):
            return MigrationEvent.VALIDATION_STARTED
        return MigrationEvent.VALIDATION_ENDED if event in _ENDS else None
    if kind is RunKind.ROLLBACK:
        if event is EventType.RUN_QUEUED:
            return MigrationEvent.ROLLBACK_STARTED
        if event is EventType.RUN_CANCELLED:
            return MigrationEvent.FAILED
        if event in (EventType.RUN_PAUSED, EventType.RUN_RESUMED):
            return None
    return _BY_RUN.get(event)


_ENDS = frozenset(
    {
        EventType.RUN_SUCCEEDED,
        EventType.RUN_FAILED,
        EventType.RUN_CANCELLED,
        EventType.RUN_ROLLED_BACK,
        EventType.RUN_STUCK,
    }
)
