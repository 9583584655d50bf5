"""The seed's public shapes by its own field names: migration_result, execution_progress, Plan, Status.

Every function returns JSON-ready dicts. Durations are whole milliseconds, times ISO 8601 in UTC.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from migrations_app.engine.estimates import PlanEstimate, StepEstimate
from migrations_app.engine.plan import Finding, Plan, RiskAssessment
from migrations_app.engine.risk import weigh
from migrations_app.engine.risk.words import explained
from migrations_app.engine.run_view import Direction, RunView, StepView
from migrations_app.engine.vocabulary import MigrationStatus, ResultStatus, RunState, StepState

_DONE = (StepState.SUCCEEDED, StepState.SKIPPED)
_FAILED = (StepState.FAILED, StepState.UNDO_FAILED)
_TAKEN_BACK = (StepState.UNDOING, StepState.UNDONE)


def result_status(view: RunView) -> ResultStatus:
    """`success` when everything was done or, for a rollback, undone; `partial` when some effects stay behind."""
    if view.state is RunState.SUCCEEDED:
        skipped = any(step.skipped_because for step in view.steps)
        return ResultStatus.PARTIAL if skipped else ResultStatus.SUCCESS
    if view.state is RunState.ROLLED_BACK:
        return ResultStatus.FAILURE if view.error else ResultStatus.SUCCESS
    started = any(step.was_started and step.state is not StepState.UNDONE for step in view.steps)
    succeeded = any(step.state is StepState.SUCCEEDED for step in view.steps)
    return ResultStatus.PARTIAL if started and succeeded else ResultStatus.FAILURE


def migration_result(view: RunView, *, migration_id: str, now: datetime) -> dict[str, Any]:
    """The seed's `migration_result` and what its session migration returns (`downtime`, counters).

    `downtime` is the time in ms during which the migration held traffic up, as the steps reported it.
    """
    return {
        "status": str(result_status(view)),
        "migration_id": migration_id,
        "duration": milliseconds((view.ended_at or now) - view.started_at) if view.started_at else 0,
        "steps_completed": len(completed_steps(view)),
        "steps_total": len(view.steps),
        "completed_steps": completed_steps(view),
        "failed_steps": failed_steps(view),
        "rollback_info": rollback_info(view),
        "validation_results": validation_results(view),
        "errors": errors(view),
        "warnings": list(view.warnings),
        "downtime": sum(_whole(result.get("downtime")) for result in view.results.values()),
        "migration_results": {step_id: dict(result) for step_id, result in view.results.items()},
        "metadata": {"seq": view.seq, "plan_digest": view.plan.digest},
    }


def completed_steps(view: RunView) -> list[str]:
    return [step.id for step in view.steps if _is_done(view, step)]


def _is_done(view: RunView, step: StepView) -> bool:
    """A step of a rehearsal stays done when what it left is cleaned up."""
    return step.state in _DONE or (view.cleans_up and step.result is not None)


def failed_steps(view: RunView) -> list[str]:
    """Steps that failed, or whose undo did; a failed step stays one after it was undone."""
    return [step.id for step in view.steps if step.state in _FAILED or (step.error and step.state in _TAKEN_BACK)]


def errors(view: RunView) -> list[Mapping[str, Any]]:
    """The run's error and those of its steps, each once."""
    found: list[Mapping[str, Any]] = []
    for error in (view.error, *(step.error for step in view.steps)):
        if error and error not in found:
            found.append(dict(error))
    return found


def rollback_info(view: RunView) -> dict[str, Any] | None:
    """None while nothing was rolled back; else what was undone, what was not, and what a person must do."""
    if view.direction is Direction.FORWARD:
        return None
    return {
        "reason": view.rollback_reason,
        "steps": list(view.undo_order),
        "undone": [step_id for step_id in view.undo_order if view.step(step_id).state is StepState.UNDONE],
        "remaining": [step_id for step_id in view.undo_order if view.step(step_id).state is not StepState.UNDONE],
        "instructions": [dict(instruction) for instruction in view.instructions],
    }


def validation_results(view: RunView) -> list[dict[str, Any]]:
    """One entry for each step whose plan says how it is validated."""
    checks = {step.id: step.validation for step in view.plan.steps if step.validation}
    return [
        {
            "step": step.id,
            "validation": checks[step.id],
            "passed": {StepState.SUCCEEDED: True, StepState.FAILED: False}.get(step.state, view.cleans_up or None),
            "details": dict(step.result or step.error or {}),
        }
        for step in view.steps
        if step.id in checks
    ]


@dataclass(frozen=True, slots=True)
class ExecutionProgress:
    """The seed's `execution_progress`, and `percentage` and `estimated_remaining` (ms) of its `Status`.

    `basis` says what the estimate rests on: `measured` (this run's pace) or `plan` (its estimates).
    """

    current_step: int
    total_steps: int
    completed_steps: list[str]
    failed_steps: list[str]
    start_time: datetime | None
    estimated_completion: datetime | None
    percentage: float
    estimated_remaining: int | None
    basis: str = "plan"

    def as_dict(self) -> dict[str, Any]:
        return {
            "current_step": self.current_step,
            "total_steps": self.total_steps,
            "completed_steps": self.completed_steps,
            "failed_steps": self.failed_steps,
            "start_time": timestamp(self.start_time),
            "estimated_completion": timestamp(self.estimated_completion),
            "steps_completed": len(self.completed_steps),
            "steps_total": self.total_steps,
            "percentage": self.percentage,
            "estimated_remaining": self.estimated_remaining,
            "basis": self.basis,
        }


def execution_progress(view: RunView, now: datetime) -> ExecutionProgress:
    """How far the run is. Steps weigh what the plan estimated; the step at work counts by its own progress."""
    weights = {step.id: max(1, step.estimated_seconds) for step in view.plan.steps}
    whole = sum(weights.values())
    share = sum(weights[step.id] * _share(view, step) for step in view.steps)
    final = view.is_final
    if view.state is RunState.SUCCEEDED:
        share = float(whole)
    remaining, basis = (0.0, "measured") if final else _remaining(view, now, share, whole)
    live = view.started_at is not None and not final
    return ExecutionProgress(
        current_step=min(len(completed_steps(view)) + (0 if final else 1), len(view.steps)),
        total_steps=len(view.steps),
        completed_steps=completed_steps(view),
        failed_steps=failed_steps(view),
        start_time=view.started_at,
        estimated_completion=now + timedelta(seconds=remaining) if live else view.ended_at,
        percentage=round(100 * share / whole, 1) if whole else 0.0,
        estimated_remaining=round(remaining * 1000),
        basis=basis,
    )


def _share(view: RunView, step: StepView) -> float:
    if _is_done(view, step):
        return 1.0
    if step.state not in (StepState.RUNNING, StepState.WAITING) or not step.total:
        return 0.0
    return min(1.0, step.done / step.total)


_ENOUGH_TO_MEASURE = 0.05


def _remaining(view: RunView, now: datetime, share: float, whole: int) -> tuple[float, str]:
    """Seconds still to go: by the plan's estimates, corrected by this run's own pace once there is one."""
    planned = whole - share
    worked = view.worked(now).total_seconds()
    if whole and share / whole >= _ENOUGH_TO_MEASURE and worked > 0:
        return planned * worked / share, "measured"
    return float(planned), "plan"


@dataclass(frozen=True, slots=True)
class StatusFacts:
    """What a migration's status says beside its newest run."""

    migration_id: str
    status: MigrationStatus
    plan: Plan | None = None
    warnings: Sequence[str] = ()
    rollback_available: bool = False
    needs_person: bool = False
    metadata: Mapping[str, Any] = field(default_factory=dict)


def migration_status(facts: StatusFacts, view: RunView | None, now: datetime) -> dict[str, Any]:
    """The seed's `Status`, with `execution_progress` beside it; `view` is the newest run, None before one."""
    steps_total = len(view.steps) if view else len(facts.plan.steps) if facts.plan else 0
    nothing = {"steps_completed": 0, "steps_total": steps_total, "percentage": 0.0, "estimated_remaining": None}
    progress = execution_progress(view, now).as_dict() if view else None
    return {
        "migration_id": facts.migration_id,
        "status": str(facts.status),
        "progress": {key: progress[key] for key in nothing} if progress else nothing,
        "execution_progress": progress,
        "current_step": (view.current_step or None) if view else None,
        "start_time": timestamp(view.started_at) if view else None,
        "end_time": timestamp(view.ended_at) if view else None,
        "duration": _duration(view, now),
        "errors": errors(view) if view else [],
        "warnings": [*facts.warnings, *(view.warnings if view else ())],
        "rollback_available": facts.rollback_available,
        "needs_person": facts.needs_person,
        "metadata": dict(facts.metadata),
    }


@dataclass(frozen=True, slots=True)
class PlanFacts:
    """What the seed's `Plan` says beside the signed content. `waived`: the rules whose findings do not count now.

    `estimate`: what `estimated_seconds` rests on; None for a plan that kept nothing of it.
    """

    plan_id: str
    plan: Plan
    source_state: Mapping[str, Any]
    target_state: Mapping[str, Any]
    assessment: RiskAssessment
    estimated_seconds: int
    created_at: datetime
    created_by: str
    validation_requirements: Sequence[Mapping[str, Any]] = ()
    warnings: Sequence[str] = ()
    signature_requirements: Sequence[Mapping[str, Any]] = ()
    waived: frozenset[str] = frozenset()
    estimate: PlanEstimate | None = None


def plan_document(facts: PlanFacts) -> dict[str, Any]:
    """The seed's `Plan` and `migration_plan`. `estimated_duration` is in ms, like every duration here."""
    content = facts.plan.content()
    risk = _risk(facts)
    return {
        "id": facts.plan_id,
        "type": content["type"],
        "source_state": dict(facts.source_state),
        "target_state": dict(facts.target_state),
        "steps": [_step_document(step, facts.estimate) for step in content["steps"]],
        "rollback_steps": content["rollback_steps"],
        "rollback_plan": {
            "steps": content["rollback_steps"],
            "estimated_duration": 1000 * sum(step.estimated_seconds for step in facts.plan.rollback_steps),
        },
        "dependencies": sorted({name for step in facts.plan.steps for name in step.depends_on}),
        "estimated_duration": 1000 * facts.estimated_seconds,
        "estimate": _estimate(facts.estimate),
        "risk_level": risk["level"],
        "risk_assessment": risk,
        "validation_requirements": [dict(requirement) for requirement in facts.validation_requirements],
        "signature_requirements": [dict(requirement) for requirement in facts.signature_requirements],
        "warnings": list(facts.warnings),
        "created_at": timestamp(facts.created_at),
        "created_by": facts.created_by,
        "digest": facts.plan.digest,
        "content": content,
    }


def _risk(facts: PlanFacts) -> dict[str, Any]:
    """At this moment, beside what was assessed. Credits cannot be waived."""
    found = [(each, each.weight > 0 and each.rule in facts.waived) for each in facts.assessment.findings]
    counting = [finding.weight for finding, waived in found if not waived]
    gone = [finding.weight for finding, waived in found if waived]
    score = weigh(counting, gone)
    adding, credited = sum(weight > 0 for weight in counting), sum(weight < 0 for weight in counting)
    return {
        "score": score.score if gone else facts.assessment.score,
        "level": str(score.level if gone else facts.assessment.level),
        "assessed_score": facts.assessment.score,
        "assessed_level": str(facts.assessment.level),
        "findings": [{**finding_document(finding), "waived": waived} for finding, waived in found],
        "added": score.added,
        "credited": score.credited,
        "total": score.total,
        "clamped": score.clamped,
        "waived": score.waived,
        "explanation": explained(score, adding=adding, credited=credited, waived=len(gone)),
    }


def finding_document(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "title": finding.title,
        "evidence": finding.evidence,
        "weight": finding.weight,
        "why": finding.why,
        "how_to_lower": finding.how_to_lower,
    }


def _step_document(step: Mapping[str, Any], estimate: PlanEstimate | None) -> dict[str, Any]:
    """A step under the seed's names: type, description, action, rollback_action, dependencies, estimated_duration."""
    return {
        **step,
        "type": step["kind"],
        "description": step["title"],
        "rollback_action": step["undo_title"],
        "dependencies": step["depends_on"],
        "estimated_duration": 1000 * step["estimated_seconds"],
        "estimate": _estimate(estimate.of_step(step["id"]) if estimate else None),
    }


def _estimate(told: PlanEstimate | StepEstimate | None) -> dict[str, Any] | None:
    """What a duration rests on. `rule_of_thumb` is what the migration type thinks without any past, in ms."""
    if told is None:
        return None
    return {
        "said": told.said,
        "runs": told.runs,
        "error_percent": told.error_percent,
        "rule_of_thumb": 1000 * told.own_seconds,
    }


def timestamp(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def milliseconds(span: timedelta) -> int:
    return max(0, round(span.total_seconds() * 1000))


def _duration(view: RunView | None, now: datetime) -> int | None:
    if view is None or view.started_at is None:
        return None
    return milliseconds((view.ended_at or now) - view.started_at)


def _whole(value: Any) -> int:
    return value if isinstance(value, int) else 0
