"""Runs: the list, the live page, the event log and the report."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from migrations_app.engine.vocabulary import RunKind, RunState, StepKind, StepState
from migrations_app.models.actor import Actor
from migrations_app.selectors.paging import PAGE, Listing


@dataclass(frozen=True, slots=True)
class RunRow:
    """A line of the list. `percentage` 0..100; `elapsed_seconds` up to now or the end; `digest` of its plan."""

    id: int
    migration_id: int
    migration_title: str
    environment_id: int
    environment: str
    protected: bool
    kind: RunKind
    state: RunState
    is_final: bool
    revision: int
    digest: str
    current_step: str
    percentage: int
    steps_completed: int
    steps_total: int
    last_seq: int
    started_by: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    elapsed_seconds: int
    parked_because: str
    wake_at: datetime | None
    undoes: int | None


@dataclass(frozen=True, slots=True)
class PartitionProgress:
    index: int
    state: StepState
    attempt: int
    done: int
    total: int | None
    percentage: int | None
    holder: str


@dataclass(frozen=True, slots=True)
class StepProgress:
    """One step of a run. `rate` is units per second over the time it ran (None before anything is done);
    `percentage` None when the total is not known; `counters` as the step last reported them."""

    number: int
    id: str
    kind: StepKind
    title: str
    state: StepState
    attempt: int
    done: int
    total: int | None
    unit: str
    percentage: int | None
    rate: int | None
    started_at: datetime | None
    ended_at: datetime | None
    elapsed_seconds: int | None
    estimated_seconds: int
    undo_title: str
    reversible: bool
    error: str
    result: tuple[tuple[str, str], ...]
    partitions: tuple[PartitionProgress, ...]


@dataclass(frozen=True, slots=True)
class EventRow:
    """One line of the log. `level` is info, warning or error; `text` is a sentence for people."""

    seq: int
    at: datetime
    type: str
    step: str
    partition: int
    attempt: int
    level: str
    text: str


@dataclass(frozen=True, slots=True)
class RunAction:
    """A button. `operation`: pause, resume, cancel, retry, roll_back. Disabled ones say why."""

    operation: str
    label: str
    enabled: bool
    why_not: str
    danger: bool = False


@dataclass(frozen=True, slots=True)
class ConfirmationWanted:
    """A step that waits for a person. Post `digest` back with the decision (approve | reject)."""

    step: str
    title: str
    question: str
    digest: str
    can_confirm: bool
    why_not: str


@dataclass(frozen=True, slots=True)
class RunPage:
    """`eta_basis` says where the estimate comes from. `instructions` are what a person must do when stuck."""

    row: RunRow
    steps: tuple[StepProgress, ...]
    log: tuple[EventRow, ...]
    actions: tuple[RunAction, ...]
    confirmation: ConfirmationWanted | None
    direction: str
    eta_seconds: int | None
    eta_basis: str
    usual_seconds: int | None
    result: Mapping[str, Any]
    error: Mapping[str, Any] | None
    instructions: tuple[str, ...]
    warnings: tuple[str, ...]
    signed_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RunReport:
    """The story of a run that has ended (or of one so far), for people and for auditors."""

    page: RunPage
    counts: tuple[tuple[str, str], ...]
    verification: tuple[tuple[str, str], ...]
    downtime_ms: int | None
    events: int
    retries: int
    takeovers: int
    signatures: tuple[tuple[str, datetime], ...]
    plan_digest: str


@dataclass(frozen=True, slots=True)
class RunFilters:
    """Empty means any. `live` keeps only runs that have not ended."""

    migration_id: int | None = None
    environment: str = ""
    state: str = ""
    kind: str = ""
    live: bool = False


def list_runs(
    *, actor: Actor, now: datetime, filters: RunFilters = RunFilters(), cursor: str = "", limit: int = PAGE
) -> Listing[RunRow]:
    """Newest first, of the environments that the actor may see."""
    raise NotImplementedError


def run_page(*, actor: Actor, run_id: int, now: datetime, log_lines: int = 200) -> RunPage:
    """Raises NotFound. `log` holds the newest lines, oldest first."""
    raise NotImplementedError


def events_after(*, actor: Actor, run_id: int, after: int, limit: int = 500) -> tuple[EventRow, ...]:
    """Events with a greater `seq`, in order. Raises NotFound."""
    raise NotImplementedError


def last_seq(*, actor: Actor, run_id: int) -> int:
    """The run's newest sequence number. Raises NotFound."""
    raise NotImplementedError


def run_report(*, actor: Actor, run_id: int, now: datetime) -> RunReport:
    """Raises NotFound."""
    raise NotImplementedError


def may_watch(*, actor: Actor, run_id: int) -> bool:
    """Whether the actor may follow this run; for sockets, asked again every 30 s."""
    raise NotImplementedError


def rows_of(runs: Sequence[Any], *, now: datetime) -> tuple[RunRow, ...]:
    """Rows of Run objects, in their order, with two queries whatever their number."""
    raise NotImplementedError
