"""The closed sets of words that every floor of the house shares (DESIGN section 1).

Database choices, API schemas, templates and CHECK constraints all derive from these enums, so a status is
spelled in exactly one place.
"""

from enum import StrEnum


class MigrationType(StrEnum):
    SESSION = "session_migration"
    ADAPTER = "adapter_migration"
    CONFIG = "config_migration"
    DATA = "data_migration"
    UPGRADE = "version_upgrade"
    CUSTOM = "custom_migration"


class MigrationStatus(StrEnum):
    """The seed's eight statuses plus `draft` (not planned yet) and `paused`."""

    DRAFT = "draft"
    PLANNED = "planned"
    VALIDATING = "validating"
    EXECUTING = "executing"
    PAUSED = "paused"
    COMPLETED = "completed"
    FAILED = "failed"
    ROLLING_BACK = "rolling_back"
    ROLLED_BACK = "rolled_back"
    CANCELLED = "cancelled"


class ReviewState(StrEnum):
    NOT_SUBMITTED = "not_submitted"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    VOIDED = "voided"


class Decision(StrEnum):
    APPROVE = "approve"
    REJECT = "reject"
    COMMENT = "comment"


class PolicyScope(StrEnum):
    """Which environments a policy is about."""

    EVERY = "every"
    PROTECTED = "protected"
    NAMED = "named"


class PolicyState(StrEnum):
    """Where a version of a policy stands. One version of a policy is active at most."""

    PROPOSED = "proposed"
    ACTIVE = "active"
    RETIRED = "retired"
    WITHDRAWN = "withdrawn"


class RunKind(StrEnum):
    DRY_RUN = "dry_run"
    REHEARSAL = "rehearsal"
    APPLY = "apply"
    ROLLBACK = "rollback"


TRIALS = (RunKind.DRY_RUN, RunKind.REHEARSAL)  # what they do is over with them: nobody confirms it, or takes it back


class RunState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    PARKED = "parked"
    PAUSED = "paused"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    ROLLING_BACK = "rolling_back"
    ROLLED_BACK = "rolled_back"
    CANCELLED = "cancelled"
    STUCK = "stuck"

    @property
    def is_final(self) -> bool:
        return self in FINAL_RUN_STATES


FINAL_RUN_STATES = frozenset(
    {RunState.SUCCEEDED, RunState.FAILED, RunState.ROLLED_BACK, RunState.CANCELLED, RunState.STUCK}
)


class Signal(StrEnum):
    """What a person asked of a live run; the executor reads it at every batch boundary."""

    NONE = ""
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    ROLL_BACK = "roll_back"


class CutoverOrder(StrEnum):
    """What a person wants of a live run's hand-over. A level, not an edge: it holds until another order replaces it."""

    NONE = ""
    GO = "go"  # hand over as soon as the gates are open
    HOLD = "hold"  # do not begin; what has been handed over stays
    BACK = "back"  # the source serves everything again, and keeps serving until the next GO


class StepKind(StrEnum):
    PREPARATION = "preparation"
    VALIDATION = "validation"
    BACKUP = "backup"
    MIGRATION = "migration"
    VERIFICATION = "verification"
    CLEANUP = "cleanup"


class StepState(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    WAITING = "waiting"  # for partitions, a retry, or a sign-off; holds no worker
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNDOING = "undoing"
    UNDONE = "undone"
    UNDO_FAILED = "undo_failed"


class ResultStatus(StrEnum):
    SUCCESS = "success"
    FAILURE = "failure"
    PARTIAL = "partial"


class RiskLevel(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class ValidationLevel(StrEnum):
    BASIC = "basic"
    FULL = "full"
    STRICT = "strict"


class Role(StrEnum):
    VIEWER = "viewer"
    OPERATOR = "operator"
    APPROVER = "approver"
    AUDITOR = "auditor"
    ADMIN = "admin"


class TargetKind(StrEnum):
    SESSION_STORE = "session_store"
    CONFIG_FILE = "config_file"
    ADAPTER_PROJECT = "adapter_project"
    DATABASE = "database"
    WORKER_POOL = "worker_pool"


class ClaimMode(StrEnum):
    EXCLUSIVE = "exclusive"
    SHARED = "shared"


class ScheduleTiming(StrEnum):
    AT = "at"
    NEXT_WINDOW = "next_window"
    WHEN_READY = "when_ready"  # at once, or as soon as nothing stands in its way any more
    RECURRING = "recurring"


class ScheduleState(StrEnum):
    WAITING = "waiting"
    ENDED = "ended"  # nothing more is due
    CANCELLED = "cancelled"


class ScheduledStartState(StrEnum):
    """What became of one time at which a schedule was due."""

    CLAIMED = "claimed"  # somebody looks whether it can start
    STARTED = "started"
    MISSED = "missed"


class WhenWindowCloses(StrEnum):
    """What happens to a scheduled run that is still at work when its window closes."""

    FINISH = "finish"
    PAUSE = "pause"
    ROLL_BACK = "roll_back"


class RouteSeries(StrEnum):
    """What is kept of a route over time: the p99 of the relay's lag (ms) and of what routing adds to requests (µs)."""

    LAG = "lag_ms"
    ADDED = "added_us"


class RoutePhase(StrEnum):
    """Who serves a route's sessions (PROTOCOL 5.3); the standard mode uses PLAIN_A, the hand-offs and SINGLE_B."""

    PLAIN_A = "plain_a"
    JOURNAL_A = "journal_a"
    DUAL_A = "dual_a"
    HANDOFF = "handoff"
    DUAL_B = "dual_b"
    HANDOFF_BACK = "handoff_back"
    SINGLE_B = "single_b"
    RETIRED = "retired"
