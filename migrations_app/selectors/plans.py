"""Plan revisions as people see them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from migrations_app.engine.plan import Plan
from migrations_app.engine.vocabulary import RiskLevel, StepKind
from migrations_app.models import PlanRevision


@dataclass(frozen=True, slots=True)
class StepRow:
    """`number` counts from 1 in running order."""

    number: int
    id: str
    kind: StepKind
    title: str
    action: str
    parameters: tuple[tuple[str, str], ...]
    depends_on: tuple[str, ...]
    estimated_seconds: int
    reversible: bool
    undo_title: str
    validation: str
    partitioned: bool
    confirm: str


@dataclass(frozen=True, slots=True)
class RollbackStepRow:
    number: int
    id: str
    undoes: str
    undoes_title: str
    title: str
    estimated_seconds: int


@dataclass(frozen=True, slots=True)
class FindingRow:
    rule: str
    title: str
    evidence: str
    weight: int
    why: str
    how_to_lower: str
    is_credit: bool


@dataclass(frozen=True, slots=True)
class PlannedTarget:
    """A target as the plan names it. `changed_since`: its configuration is no longer what was planned with."""

    role: str
    target_id: int
    name: str
    kind: str
    config_digest: str
    changed_since: bool
    fingerprint: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ClaimRow:
    target_id: int
    name: str
    mode: str


@dataclass(frozen=True, slots=True)
class RevisionView:
    """One plan revision. `plan` is the signed content; the other fields show it and what the digest leaves out."""

    id: int
    number: int
    digest: str
    findings_digest: str
    created_by: str
    created_at: datetime
    steps: tuple[StepRow, ...]
    rollback_steps: tuple[RollbackStepRow, ...]
    targets: tuple[PlannedTarget, ...]
    claims: tuple[ClaimRow, ...]
    options: tuple[tuple[str, str], ...]
    parameters: tuple[tuple[str, str], ...]
    risk_score: int
    risk_level: RiskLevel
    findings: tuple[FindingRow, ...]
    warnings: tuple[str, ...]
    estimated_seconds: int
    validation_requirements: tuple[str, ...]
    source_state: Mapping[str, Any]
    target_state: Mapping[str, Any]
    sizes: Mapping[str, int]
    plan: Plan


@dataclass(frozen=True, slots=True)
class Change:
    """One difference; '' where there was or is nothing. `field` is a dotted path."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class RevisionDiff:
    before: int
    after: int
    same_digest: bool
    changes: tuple[Change, ...]


def revision_view(revision: PlanRevision) -> RevisionView:
    raise NotImplementedError


def diff(before: PlanRevision, after: PlanRevision) -> RevisionDiff:
    raise NotImplementedError
