"""Turns a spec into a plan: look at both sides, check, steps, order, the way back, risk, estimates, claims."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from migrations_app.engine import risk, validator
from migrations_app.engine.environment_facts import NOTHING_KNOWN, EnvironmentFacts
from migrations_app.engine.errors import DependencyUnavailable, Problem, ValidationFailed
from migrations_app.engine.estimates import NO_PAST, Expected, Past, PlanEstimate
from migrations_app.engine.estimates import estimate as estimate_of
from migrations_app.engine.handler import Handler, RiskCase, Spec
from migrations_app.engine.ordering import topological
from migrations_app.engine.plan import (
    PLAN_FORMAT,
    PLAN_FORMAT_WITH_SECRETS,
    Analysis,
    Claim,
    Plan,
    RiskAssessment,
    RollbackStep,
    Step,
    content_digest,
)
from migrations_app.engine.procedure import procedure_digest
from migrations_app.engine.validator import ValidationRequirement
from migrations_app.engine.vocabulary import ClaimMode, ValidationLevel


@dataclass(frozen=True, slots=True)
class PlannedMigration:
    """The plan, and beside it what its digest does not cover. `procedure` is its `procedure_digest`."""

    plan: Plan
    analysis: Analysis
    assessment: RiskAssessment
    estimate: PlanEstimate
    warnings: tuple[str, ...]
    validation_requirements: tuple[ValidationRequirement, ...]
    procedure: str = ""

    @property
    def estimated_seconds(self) -> int:
        """For the steps one after the other, as the executor runs them."""
        return self.estimate.seconds


def create_plan(
    spec: Spec,
    handler: Handler,
    past: Past = NO_PAST,
    facts: EnvironmentFacts = NOTHING_KNOWN,
) -> PlannedMigration:
    """Plan a checked wish. Estimates are learned from `past`; `facts` weigh in the risk and in what `strict` asks for.
    Neither is part of the digest.

    Only looks: nothing is changed. Raises ValidationFailed with every problem there is, each naming its field
    and a fix.
    """
    _refuse(validator.check_spec(spec, handler))
    analysis = _analyse(spec, handler)
    found = list(handler.check(spec, analysis))
    why_no_rehearsal = handler.why_no_rehearsal(spec.targets)
    _refuse([*found, *validator.check_analysis(spec, analysis, found, facts, why_no_rehearsal)])
    ordered, problems = topological(list(handler.steps(spec, analysis)))
    _refuse([*problems, *_actions(ordered, handler)])
    estimate = estimate_of([Expected(step.id, step.estimated_seconds, step.volume) for step in ordered], past)
    steps = _estimated(ordered, estimate)
    plan = _plan(spec, handler, steps)
    _refuse(_signable(plan))
    assessment = risk.assess(
        RiskCase(spec, analysis, steps, facts, plan.digest, handler.unused_options), handler.risk_rules
    )
    level = ValidationLevel(spec.options.get("validation_level", ValidationLevel.FULL))
    return PlannedMigration(
        plan=plan,
        analysis=analysis,
        assessment=assessment,
        estimate=estimate,
        warnings=analysis.warnings,
        validation_requirements=validator.requirements(level, steps),
        procedure=procedure_digest(spec, handler),
    )


def rollback_steps(steps: Sequence[Step]) -> tuple[RollbackStep, ...]:
    """The way back: the undo of every reversible step, the last step first."""
    return tuple(
        RollbackStep(f"undo_{step.id}", step.id, step.undo_title, step.action, step.estimated_seconds)
        for step in reversed(steps)
        if step.reversible
    )


def _analyse(spec: Spec, handler: Handler) -> Analysis:
    try:
        return handler.analyze(spec)
    except DependencyUnavailable as error:
        role = str(error.details.get("role", ""))
        field = f"targets.{role}" if role else "targets"
        problem = Problem(field, error.message, " ".join(error.recovery_actions), "unreachable")
        raise ValidationFailed("A target does not answer; nothing was changed.", problems=[problem]) from error


def _estimated(steps: Sequence[Step], estimate: PlanEstimate) -> tuple[Step, ...]:
    return tuple(
        replace(step, estimated_seconds=told.seconds) for step, told in zip(steps, estimate.steps, strict=True)
    )


def _actions(steps: Sequence[Step], handler: Handler) -> list[Problem]:
    known = handler.actions()
    return [
        Problem(
            f"steps.{step.id}",
            f"The handler “{handler.name}” has no action “{step.action}”.",
            "This is a mistake in the handler: report it to its author.",
            "unknown_action",
        )
        for step in steps
        if step.action not in known
    ]


def _plan(spec: Spec, handler: Handler, steps: tuple[Step, ...]) -> Plan:
    targets = tuple(spec.targets[role].ref(role) for role in sorted(spec.targets))
    shared = {role.name for role in handler.roles if role.claim is ClaimMode.SHARED}
    changed = {target.id for target in targets if target.role not in shared}
    return Plan(
        environment=spec.environment,
        type=spec.type,
        handler=handler.name,
        handler_version=handler.version,
        options=dict(spec.options),
        parameters=dict(spec.parameters),
        targets=targets,
        steps=steps,
        rollback_steps=rollback_steps(steps),
        claims=tuple(
            Claim(target_id, ClaimMode.EXCLUSIVE if target_id in changed else ClaimMode.SHARED)
            for target_id in dict.fromkeys(target.id for target in targets)
        ),
        description=spec.description,
        format=PLAN_FORMAT_WITH_SECRETS if spec.secrets else PLAN_FORMAT,
        secrets=spec.secrets,
    )


def _signable(plan: Plan) -> list[Problem]:
    """Plan content holds no floats and no integers beyond 2^53 (DESIGN section 5)."""
    content = plan.content()
    problems = []
    for part in ("options", "parameters", "steps"):
        try:
            content_digest(content[part])
        except ValueError as error:
            fix = "Give whole numbers up to 2^53, and larger ones or fractions as text."
            problems.append(Problem(part, f"The {part} cannot be signed: {error}.", fix, "not_signable"))
    return problems


def _refuse(problems: Sequence[Problem]) -> None:
    if problems:
        raise ValidationFailed(problems=problems)
