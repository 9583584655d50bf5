"""Migrations: the list, one page, and the choices of the authoring form."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from migrations_app.engine.vocabulary import MigrationStatus, MigrationType, ReviewState, RiskLevel
from migrations_app.models.actor import Actor
from migrations_app.selectors.paging import PAGE, Listing
from migrations_app.selectors.planned_targets import PlannedTarget
from migrations_app.selectors.plans import (
    Change,
    ClaimRow,
    FindingRow,
    RevisionDiff,
    RevisionView,
    RollbackStepRow,
    StepRow,
)
from migrations_app.selectors.reviews import ReviewPanel, SignatureRow, SignerRow
from migrations_app.selectors.runs import RunRow
from migrations_app.selectors.start_check import StartCheck, UnmetRow

__all__ = [
    "Change",
    "ClaimRow",
    "FindingRow",
    "MigrationFilters",
    "MigrationPage",
    "MigrationRow",
    "NextAction",
    "PlannedTarget",
    "ReviewPanel",
    "RevisionDiff",
    "RevisionView",
    "RoleTarget",
    "RollbackStepRow",
    "SignatureRow",
    "SignerRow",
    "StartCheck",
    "StepRow",
    "TimelineEntry",
    "UnmetRow",
    "list_migrations",
    "migration_page",
    "migration_row",
    "revision",
    "revision_diff",
]


@dataclass(frozen=True, slots=True)
class NextAction:
    """The one next action of a page. `operation`: plan, validate, submit, sign, execute, watch, resume, roll_back,
    clone or none. `run_id` says which run to watch or resume."""

    operation: str
    label: str
    enabled: bool
    why_not: str = ""
    run_id: int | None = None


@dataclass(frozen=True, slots=True)
class RoleTarget:
    role: str
    target_id: int
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class MigrationRow:
    """A line of the list. `digest`, `revision` and risk are those of the newest plan ('' / None before planning)."""

    id: int
    title: str
    type: MigrationType
    type_label: str
    handler: str
    environment_id: int
    environment: str
    protected: bool
    status: MigrationStatus
    review_state: ReviewState
    needs_person: bool
    version: int
    revision: int | None
    digest: str
    risk_level: RiskLevel | None
    risk_score: int | None
    targets: tuple[RoleTarget, ...]
    created_by: str
    created_at: datetime
    changed_at: datetime
    approvals: int
    required_approvals: int
    live_run_id: int | None


@dataclass(frozen=True, slots=True)
class MigrationFilters:
    """Empty means any. `environment` is a name; `q` is looked for in title and description."""

    q: str = ""
    environment: str = ""
    status: str = ""
    type: str = ""
    review_state: str = ""


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """What happened to the migration: `kind` is edited, planned, submitted, signed, voided, run..."""

    at: datetime
    who: str
    kind: str
    text: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class MigrationPage:
    """Everything that the page of one migration shows to this viewer.

    `allowed` names the operations that this viewer may do in the present state: edit, plan, validate, submit,
    withdraw, sign, comment, execute, roll_back, clone, cancel. `refusals` maps the others to why not.
    `since_signed` is what changed since this viewer's last signature (None when they never signed or nothing did).
    """

    row: MigrationRow
    description: str
    parameters: Mapping[str, Any]
    options: Mapping[str, Any]
    plan: RevisionView | None
    revision_numbers: tuple[int, ...]
    editors: tuple[tuple[str, tuple[int, ...]], ...]
    review: ReviewPanel
    start_check: StartCheck
    runs: tuple[RunRow, ...]
    last_dry_run: RunRow | None
    next_action: NextAction
    allowed: frozenset[str]
    refusals: Mapping[str, str]
    timeline: tuple[TimelineEntry, ...]
    since_signed: RevisionDiff | None


def list_migrations(
    *, actor: Actor, filters: MigrationFilters = MigrationFilters(), cursor: str = "", limit: int = PAGE
) -> Listing[MigrationRow]:
    """Newest first, of the environments that the actor may see."""
    raise NotImplementedError


def migration_row(*, actor: Actor, migration_id: int) -> MigrationRow:
    """Raises NotFound."""
    raise NotImplementedError


def migration_page(*, actor: Actor, migration_id: int, now: datetime) -> MigrationPage:
    """Raises NotFound."""
    raise NotImplementedError


def revision(*, actor: Actor, migration_id: int, number: int | None = None) -> RevisionView:
    """The revision of that number, the newest without one. Raises NotFound."""
    raise NotImplementedError


def revision_diff(*, actor: Actor, migration_id: int, before: int, after: int) -> RevisionDiff:
    """Raises NotFound."""
    raise NotImplementedError
