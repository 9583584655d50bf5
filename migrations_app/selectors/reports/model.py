"""What a report of a run says, as values: the JSON form is exactly this, and every other form is written from it.

Durations are whole milliseconds, moments are UTC. Nothing here is text made of numbers, so no form
can say another number than the journal does.
"""

from dataclasses import dataclass
from datetime import datetime

from migrations_app.selectors.reports.measurements import ImpactReport, Series

SCHEMA = "https://snakeweb.invalid/schemas/run-report/1"
FORMAT = 1
Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Fact:
    """One value that somebody told: `name` is its dotted path, `value` as the journal or the plan has it."""

    name: str
    value: Scalar


@dataclass(frozen=True, slots=True)
class RunFacts:
    """`undone_by`: the run that undid this one after it had succeeded."""

    id: int
    kind: str
    state: str
    is_final: bool
    migration_id: int
    migration_title: str
    type: str
    handler: str
    environment: str
    protected: bool
    zero_downtime: bool
    started_by: str
    queued_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    undoes: int | None
    undone_by: int | None


@dataclass(frozen=True, slots=True)
class Figures:
    """`duration_ms` from start to end (None before either); `usual_seconds` of earlier runs alike (None: none).

    `downtime_ms`: that callers had to wait (None: no step said so). `events` of the journal, `retries`, `takeovers`,
    `warnings` and `errors` counted in it.
    """

    duration_ms: int | None
    usual_seconds: int | None
    steps: int
    steps_succeeded: int
    steps_undone: int
    steps_failed: int
    downtime_ms: int | None
    events: int
    retries: int
    takeovers: int
    warnings: int
    errors: int


@dataclass(frozen=True, slots=True)
class TargetReport:
    """A target of the plan. `fingerprint` is what planning saw of it."""

    role: str
    name: str
    kind: str
    config_digest: str
    fingerprint: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class States:
    """`before`: both sides as planning saw them. `after`: what the steps that changed something reported.

    `stands`: whether what was done still stands (False after a rollback, and for runs that write nothing).
    """

    targets: tuple[TargetReport, ...]
    source_before: tuple[Fact, ...]
    target_before: tuple[Fact, ...]
    after: tuple[Fact, ...]
    stands: bool


@dataclass(frozen=True, slots=True)
class PlannedStep:
    number: int
    id: str
    kind: str
    title: str
    depends_on: tuple[str, ...]
    estimated_seconds: int
    reversible: bool
    undo_title: str
    validation: str


@dataclass(frozen=True, slots=True)
class FindingReport:
    rule: str
    title: str
    evidence: str
    weight: int
    why: str
    how_to_lower: str


@dataclass(frozen=True, slots=True)
class PlanReport:
    """The signed content, and beside it risk and estimate, which the digest leaves out."""

    revision: int
    digest: str
    created_by: str
    created_at: datetime
    estimated_seconds: int
    parameters: tuple[Fact, ...]
    options: tuple[Fact, ...]
    claims: tuple[Fact, ...]
    steps: tuple[PlannedStep, ...]
    risk_score: int
    risk_level: str
    findings: tuple[FindingReport, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SignatureReport:
    """`counted`: it stood when the run began. `voided_at` may lie after that."""

    person: str
    decision: str
    at: datetime
    digest: str
    comment: str
    counted: bool
    voided_at: datetime | None
    voided_because: str


@dataclass(frozen=True, slots=True)
class Override:
    """The run was started against conditions that did not hold."""

    by: str
    reason: str
    closed: bool
    overridden: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StepReport:
    """`duration_ms` from its first start to its last end; `said` is its state in words; `result` as it told."""

    number: int
    id: str
    kind: str
    title: str
    state: str
    attempts: int
    started_at: datetime | None
    ended_at: datetime | None
    duration_ms: int | None
    estimated_seconds: int
    done: int
    total: int | None
    unit: str
    partitions: int
    said: str
    error: str
    skipped_because: str
    result: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class TableReport:
    """A table of a data migration. `equal` None: not compared. `digest` is of the source's rows."""

    source: str
    target: str
    planned_rows: int
    copied_rows: int
    refused_rows: int
    compared_rows: int
    equal: bool | None
    digest: str


@dataclass(frozen=True, slots=True)
class Check:
    """What one verification step found."""

    step: str
    title: str
    state: str
    found: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Digest:
    """A digest or checksum that a step told, in full."""

    of: str
    value: str


@dataclass(frozen=True, slots=True)
class ToolReport:
    """What the comparison of both adapters found for one tool: `outcome` equivalent, different or not_compared."""

    step: str
    tool: str
    outcome: str
    cases: int
    lines_reached: int
    lines: int
    branches_reached: int
    branches: int
    reason: str


@dataclass(frozen=True, slots=True)
class Integrity:
    """`differences` name the first rows of a data migration that differed and were mended."""

    checks: tuple[Check, ...]
    digests: tuple[Digest, ...]
    tables: tuple[TableReport, ...]
    tools: tuple[ToolReport, ...]
    differences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RollbackReport:
    """`reason` is why it was taken. `remaining`: what a person has to do, in order."""

    taken: bool
    reason: str
    undone: tuple[str, ...]
    failed: tuple[str, ...]
    left: tuple[str, ...]
    irreversible: tuple[str, ...]
    remaining: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Recommendation:
    """`urgency`: now, soon or consider. `because` names the figure it follows from."""

    urgency: str
    text: str
    because: str


@dataclass(frozen=True, slots=True)
class EventReport:
    seq: int
    at: datetime
    type: str
    step: str
    partition: int
    attempt: int
    level: str
    text: str


@dataclass(frozen=True, slots=True)
class Events:
    """`sha256` is over all events in order, each as a line of canonical JSON; '' where they were not all read.

    `rows` of the JSON form are all of them; other forms show some.
    """

    total: int
    sha256: str
    rows: tuple[EventReport, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """`verdict` is one sentence; `tone` good, warn, bad or info. `advice`: what the error says to do."""

    verdict: str
    tone: str
    error: str
    advice: tuple[str, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Content:
    """Everything that the digest of a report is made of."""

    run: RunFacts
    outcome: Outcome
    figures: Figures
    recommendations: tuple[Recommendation, ...]
    states: States
    plan: PlanReport
    signatures: tuple[SignatureReport, ...]
    override: Override | None
    steps: tuple[StepReport, ...]
    integrity: Integrity
    series: tuple[Series, ...]
    impact: tuple[ImpactReport, ...]
    rollback: RollbackReport
    events: Events


@dataclass(frozen=True, slots=True)
class AuditPosition:
    """The newest entry of the audit chain when the report was made: of a file the entry that says so."""

    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class RunReport:
    """`digest`: SHA-256 over the RFC 8785 form of the content, in which `events.rows` is empty (`events.sha256`
    stands for them). '' for a page of a run whose events were not all read. It does not depend on when, by whom and
    in which form the report was made.
    """

    content: Content
    digest: str
    made_at: datetime
    made_by: str
    audit: AuditPosition
    schema: str = SCHEMA
    format: int = FORMAT
