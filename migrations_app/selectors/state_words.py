"""States and the names of facts in words and tones, for pages and for reports."""

from migrations_app.engine.vocabulary import MigrationStatus, ReviewState, RiskLevel, RunKind, RunState, StepState

TONES: dict[str, str] = {
    **dict.fromkeys((RunState.SUCCEEDED, StepState.SUCCEEDED, MigrationStatus.COMPLETED), "good"),
    **dict.fromkeys((ReviewState.APPROVED, RiskLevel.LOW, "ok", "allowed", "approve", "done"), "good"),
    **dict.fromkeys((RunState.RUNNING, StepState.RUNNING, MigrationStatus.EXECUTING), "accent"),
    **dict.fromkeys((MigrationStatus.VALIDATING, RunState.QUEUED, MigrationStatus.PLANNED), "info"),
    **dict.fromkeys((RunState.PAUSED, RunState.PARKED, StepState.WAITING, ReviewState.IN_REVIEW), "warn"),
    **dict.fromkeys((RunState.ROLLING_BACK, StepState.UNDOING, RiskLevel.MEDIUM, ReviewState.EXPIRED), "warn"),
    **dict.fromkeys((RunState.FAILED, RunState.STUCK, StepState.FAILED, StepState.UNDO_FAILED), "bad"),
    **dict.fromkeys((ReviewState.REJECTED, ReviewState.VOIDED, RiskLevel.HIGH, "failing", "denied", "reject"), "bad"),
}
STATE_WORDS: dict[str, str] = {
    StepState.SUCCEEDED: "done",
    StepState.PENDING: "waiting",
    StepState.WAITING: "on hold",
    StepState.UNDO_FAILED: "undo failed",
}
FACT_NAMES = {
    "rows_about": "Rows, about",
    "downtime": "Writes waited",
    "latency_us": "Latency, µs",
    "latency_ms": "Latency",
    "clock_skew_ms": "Clock skew",
    "capacity_bytes": "Capacity",
    "used_bytes": "Used",
    "free_bytes": "Free space",
    "sha256": "SHA-256",
    "otp": "OTP",
    "serving": "Take requests",
    "ghosts": "Listed, but gone",
    "holds_workers": "Workers can be held",
    "can": "Can do",
    "room": "Room for workers",
}
_OVER = {StepState.PENDING: "not reached", StepState.WAITING: "not finished"}


def tone(value: object) -> str:
    """The class that colours a state; '' for neutral ones."""
    return TONES.get(str(value), "")


def words(value: object) -> str:
    return str(value).replace("_", " ")


def state_words(value: object) -> str:
    return STATE_WORDS.get(str(value), words(value))


def step_words(state: StepState, *, kind: RunKind, over: bool, left_out: bool = False) -> str:
    """The state of a step in a word or two. `over`: the run has ended or goes back, so nothing waits any more."""
    if over and state in _OVER:
        return _OVER[state]
    if state == StepState.UNDONE and kind is RunKind.REHEARSAL:
        return "cleaned up"
    return "left out" if left_out else state_words(state)


def fact_name(name: object) -> str:
    text = str(name)
    return FACT_NAMES.get(text) or words(text)[:1].upper() + words(text)[1:]
