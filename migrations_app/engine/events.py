"""What a run's journal consists of: typed, versioned events in the past tense."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

EVENT_FORMAT = 1


class EventType(StrEnum):
    RUN_QUEUED = "RunQueued"
    RUN_STARTED = "RunStarted"
    RUN_TAKEN_OVER = "RunTakenOver"
    RUN_PARKED = "RunParked"
    RUN_PAUSED = "RunPaused"
    RUN_RESUMED = "RunResumed"
    RUN_SUCCEEDED = "RunSucceeded"
    RUN_FAILED = "RunFailed"
    RUN_CANCELLED = "RunCancelled"
    RUN_ROLLED_BACK = "RunRolledBack"
    RUN_STUCK = "RunStuck"
    ROLLBACK_STARTED = "RollbackStarted"
    STEP_STARTED = "StepStarted"
    STEP_SUCCEEDED = "StepSucceeded"
    STEP_FAILED = "StepFailed"
    STEP_SKIPPED = "StepSkipped"
    STEP_RETRY_SCHEDULED = "StepRetryScheduled"
    CHECKPOINT_SAVED = "CheckpointSaved"
    PARTITIONS_PLANNED = "PartitionsPlanned"
    PARTITION_STARTED = "PartitionStarted"
    PARTITION_SUCCEEDED = "PartitionSucceeded"
    PARTITION_FAILED = "PartitionFailed"
    UNDO_STARTED = "UndoStarted"
    UNDO_SUCCEEDED = "UndoSucceeded"
    UNDO_FAILED = "UndoFailed"
    SIGNAL_RECEIVED = "SignalReceived"
    CONFIRMATION_WANTED = "ConfirmationWanted"
    CONFIRMATION_GIVEN = "ConfirmationGiven"
    LOGGED = "Logged"


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event that has not been given its place yet. `payload` is JSON-ready and free of secrets."""

    type: EventType
    step: str = ""
    partition: int = 0
    attempt: int = 0
    payload: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Event:
    """`seq` counts from 1 without gaps within a run; commit order is sequence order."""

    seq: int
    at: datetime
    type: EventType
    step: str = ""
    partition: int = 0
    attempt: int = 0
    payload: Mapping[str, Any] = field(default_factory=dict)
    format: int = EVENT_FORMAT
