"""Plan revisions as people see them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from migrations_app.engine.estimates import PlanEstimate, StepEstimate, estimate_from
from migrations_app.engine.plan import Plan, Step
from migrations_app.engine.vocabulary import RiskLevel, StepKind
from migrations_app.handlers import registry
from migrations_app.models import PlanRevision
from migrations_app.selectors.planned_targets import PlannedTarget, planned_targets
from migrations_app.selectors.stored_secrets import NamedSecret, named_secrets


@dataclass(frozen=True, slots=True)
class StepRow:
    """`number` counts from 1 in running order. `estimate`: what `estimated_seconds` rests on, where that was kept."""

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
    estimate: StepEstimate | None = None


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
    unused_options: frozenset[str]
    parameters: tuple[tuple[str, str], ...]
    secrets: tuple[NamedSecret, ...]
    risk_score: int
    risk_level: RiskLevel
    findings: tuple[FindingRow, ...]
    warnings: tuple[str, ...]
    estimated_seconds: int
    estimate: PlanEstimate | None
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
    plan = Plan.from_content(revision.content)
    handler = registry.all_handlers().get(plan.handler)
    estimate = estimate_from(revision.estimates)
    titles = {step.id: step.title for step in plan.steps}
    names = {target.id: target.name for target in plan.targets}
    return RevisionView(
        id=revision.pk,
        number=revision.number,
        digest=revision.digest,
        findings_digest=revision.findings_digest,
        created_by=str(revision.created_by),
        created_at=revision.created_at,
        steps=tuple(_step(number, step, estimate) for number, step in enumerate(plan.steps, 1)),
        rollback_steps=tuple(
            RollbackStepRow(number, r.id, r.undoes, titles.get(r.undoes, r.undoes), r.title, r.estimated_seconds)
            for number, r in enumerate(plan.rollback_steps, 1)
        ),
        targets=planned_targets(revision),
        claims=tuple(ClaimRow(c.target_id, names.get(c.target_id, "?"), str(c.mode)) for c in plan.claims),
        options=pairs(plan.options),
        unused_options=handler.unused_options if handler else frozenset(),
        parameters=pairs(plan.parameters),
        secrets=named_secrets(revision),
        risk_score=revision.risk_score,
        risk_level=RiskLevel(revision.risk_level),
        findings=tuple(FindingRow(**finding, is_credit=finding["weight"] < 0) for finding in revision.findings),
        warnings=tuple(revision.warnings),
        estimated_seconds=revision.estimated_seconds,
        estimate=estimate,
        validation_requirements=tuple(dict.fromkeys(step.validation for step in plan.steps if step.validation)),
        source_state=revision.source_state,
        target_state=revision.target_state,
        sizes=revision.sizes,
        plan=plan,
    )


def _step(number: int, step: Step, estimate: PlanEstimate | None) -> StepRow:
    return StepRow(
        number=number,
        id=step.id,
        kind=step.kind,
        title=step.title,
        action=step.action,
        parameters=pairs(step.parameters),
        depends_on=step.depends_on,
        estimated_seconds=step.estimated_seconds,
        reversible=step.reversible,
        undo_title=step.undo_title,
        validation=step.validation,
        partitioned=step.partitioned,
        confirm=step.confirm,
        estimate=estimate.of_step(step.id) if estimate else None,
    )


def diff(before: PlanRevision, after: PlanRevision) -> RevisionDiff:
    """Between two revisions: what is signed, then the risk. Estimates and fingerprints are left out."""
    found = changes(_signed(before), _signed(after))
    return RevisionDiff(before.number, after.number, before.digest == after.digest, found)


def since_seen(newest: PlanRevision, digest: str) -> dict[str, Any]:
    """What differs between the revision somebody saw and the newest: `seen` is its number, `changes` go field by field.

    Empty when the migration never had a plan of that digest.
    """
    seen = PlanRevision.objects.filter(migration_id=newest.migration_id, digest=digest).order_by("-number").first()
    if seen is None or not digest:
        return {}
    found = [{"field": c.field, "before": c.before, "after": c.after} for c in diff(seen, newest).changes]
    return {"seen": seen.number, "changes": found}


def _signed(revision: PlanRevision) -> dict[str, Any]:
    content = dict(revision.content)
    for kind in ("steps", "rollback_steps"):
        content[kind] = {
            step["id"]: {key: value for key, value in step.items() if key not in ("id", "estimated_seconds")}
            for step in content[kind]
        }
    content["targets"] = {
        target["role"]: {"name": target["name"], "config": target["config_digest"][:12]}
        for target in content["targets"]
    }
    content["claims"] = {str(claim["target_id"]): claim["mode"] for claim in content["claims"]}
    content["risk"] = {"score": revision.risk_score, "level": str(revision.risk_level)}
    return content


def changes(before: Any, after: Any) -> tuple[Change, ...]:
    """Every leaf that differs between two JSON values, by dotted path."""
    old, new = dict(_leaves("", before)), dict(_leaves("", after))
    return tuple(
        Change(path, old.get(path, ""), new.get(path, ""))
        for path in dict.fromkeys([*old, *new])
        if old.get(path, "") != new.get(path, "")
    )


def _leaves(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _leaves(f"{path}.{key}" if path else str(key), item)
    elif isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
        for index, item in enumerate(value):
            yield from _leaves(f"{path}.{index}", item)
    elif value not in (None, {}, []):
        yield path, shown(value)


def pairs(values: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple((str(name), shown(value)) for name, value in values.items())


def shown(value: Any) -> str:
    """A JSON value in words."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(shown(item) for item in value)
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {shown(item)}" for key, item in value.items())
    return "" if value is None else str(value)
