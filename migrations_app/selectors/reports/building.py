"""A run as the content of its report. Every number is the journal's, the plan's or a sample's, worked out once."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Count

from migrations_app.engine.event_levels import EventLevel
from migrations_app.engine.events import EventType
from migrations_app.engine.hiding import redact_text
from migrations_app.engine.rehearsal import NOT_REHEARSED
from migrations_app.engine.results import milliseconds
from migrations_app.engine.run_view import RunView
from migrations_app.engine.vocabulary import RunKind, RunState, StepKind, StepState
from migrations_app.models import Run, RunEvent, Signature
from migrations_app.selectors.break_glass import BreakGlassRow
from migrations_app.selectors.journals import view_of
from migrations_app.selectors.plans import RevisionView, revision_view
from migrations_app.selectors.reports.integrity import integrity_of
from migrations_app.selectors.reports.measurements import ImpactReport, Series
from migrations_app.selectors.reports.model import (
    Content,
    Events,
    Figures,
    FindingReport,
    Override,
    PlannedStep,
    PlanReport,
    RollbackReport,
    RunFacts,
    SignatureReport,
    States,
    StepReport,
    TargetReport,
)
from migrations_app.selectors.reports.recommendations import recommendations_of
from migrations_app.selectors.reports.values import facts
from migrations_app.selectors.reports.verdict import outcome_of
from migrations_app.selectors.runs import waited_ms
from migrations_app.selectors.state_words import step_words

_CHANGES = (StepKind.PREPARATION, StepKind.BACKUP, StepKind.MIGRATION, StepKind.CLEANUP)
_FAILED = (StepState.FAILED, StepState.UNDO_FAILED)
_WRITES = (RunKind.APPLY, RunKind.ROLLBACK)


def content_of(
    run: Run,
    *,
    events: Events,
    series: tuple[Series, ...],
    impact: tuple[ImpactReport, ...],
    usual_seconds: int | None,
    undone_by: int | None,
    override: BreakGlassRow | None,
) -> Content:
    """Needs `run.revision`, `run.migration`, `run.environment` and `run.started_by`."""
    view = view_of(run)
    plan = revision_view(run.revision)
    facts_of_run = _run(run, view, undone_by)
    steps = _steps(run, view)
    figures = _figures(run, view, steps, usual_seconds)
    integrity = integrity_of(view, run.revision.target_state, RunKind(run.kind))
    rollback = _rollback(view)
    broken = _override(override)
    return Content(
        run=facts_of_run,
        outcome=outcome_of(view, facts_of_run, integrity),
        figures=figures,
        recommendations=recommendations_of(
            facts_of_run, figures, steps=steps, integrity=integrity, rollback=rollback, override=broken, plan=plan
        ),
        states=_states(run, view, plan),
        plan=_plan(plan),
        signatures=_signatures(run),
        override=broken,
        steps=steps,
        integrity=integrity,
        series=series,
        impact=impact,
        rollback=rollback,
        events=events,
    )


def _run(run: Run, view: RunView, undone_by: int | None) -> RunFacts:
    return RunFacts(
        id=run.pk,
        kind=str(run.kind),
        state=str(view.state or run.state),
        is_final=view.is_final,
        migration_id=run.migration_id,
        migration_title=redact_text(run.migration.title),
        type=str(run.migration.type),
        handler=view.plan.handler,
        environment=run.environment.name,
        protected=run.environment.protected,
        zero_downtime=bool(view.plan.options.get("zero_downtime")),
        started_by=str(run.started_by),
        queued_at=view.queued_at or run.created_at,
        started_at=view.started_at,
        ended_at=view.ended_at,
        undoes=run.undoes_id,
        undone_by=undone_by,
    )


def _figures(run: Run, view: RunView, steps: tuple[StepReport, ...], usual_seconds: int | None) -> Figures:
    levels = dict(
        RunEvent.objects.filter(run=run).order_by().values_list("level").annotate(Count("seq"))  # not by the order
    )
    warnings = RunEvent.objects.filter(run=run, level=EventLevel.WARNING)
    return Figures(
        duration_ms=milliseconds(view.ended_at - view.started_at) if view.started_at and view.ended_at else None,
        usual_seconds=usual_seconds,
        steps=len(steps),
        steps_succeeded=sum(step.state == StepState.SUCCEEDED for step in steps),
        steps_undone=sum(step.state == StepState.UNDONE for step in steps),
        steps_failed=sum(step.state in _FAILED for step in steps),
        downtime_ms=waited_ms(view),
        events=sum(levels.values()),
        retries=warnings.filter(type=EventType.STEP_RETRY_SCHEDULED).count(),
        takeovers=warnings.filter(type=EventType.RUN_TAKEN_OVER).count(),
        warnings=levels.get(EventLevel.WARNING, 0),
        errors=levels.get(EventLevel.ERROR, 0),
    )


def _steps(run: Run, view: RunView) -> tuple[StepReport, ...]:
    planned = {step.id: step for step in view.plan.steps}
    over = view.is_final or bool(view.undo_order)
    kind = RunKind(run.kind)
    return tuple(
        StepReport(
            number=number,
            id=step.id,
            kind=str(planned[step.id].kind),
            title=step.title,
            state=str(step.state),
            attempts=step.attempt,
            started_at=step.started_at,
            ended_at=step.ended_at,
            duration_ms=milliseconds(step.ended_at - step.started_at) if step.started_at and step.ended_at else None,
            estimated_seconds=planned[step.id].estimated_seconds,
            done=step.done,
            total=step.total,
            unit=step.unit,
            partitions=len(step.partitions),
            said=step_words(step.state, kind=kind, over=over, left_out=NOT_REHEARSED in (step.result or {})),
            error=message_of(step.error),
            skipped_because=redact_text(step.skipped_because),
            result=facts(step.result or {}),
        )
        for number, step in enumerate(view.steps, 1)
    )


def message_of(error: Mapping[str, Any] | None) -> str:
    return redact_text(str(error.get("message", ""))) if error else ""


def _states(run: Run, view: RunView, plan: RevisionView) -> States:
    """What a step told and then took back is no state that the run left."""
    kinds = {step.id: step.kind for step in view.plan.steps}
    stood = [step for step in view.steps if step.state is StepState.SUCCEEDED and kinds[step.id] in _CHANGES]
    told = {step.id: dict(step.result or {}) for step in stood}
    final = view.state in (RunState.SUCCEEDED, RunState.FAILED, RunState.STUCK, RunState.CANCELLED)
    return States(
        targets=tuple(
            TargetReport(
                role=target.role,
                name=target.name,
                kind=target.kind,
                config_digest=target.config_digest,
                fingerprint=facts(run.revision.fingerprints.get(target.role, {})),
            )
            for target in plan.targets
        ),
        source_before=facts(plan.source_state),
        target_before=facts(plan.target_state),
        after=facts(told) if final else (),
        stands=bool(final and run.kind in _WRITES and any(told.values())),
    )


def _plan(plan: RevisionView) -> PlanReport:
    content = plan.plan
    options = {name: value for name, value in content.options.items() if name not in plan.unused_options}
    return PlanReport(
        revision=plan.number,
        digest=plan.digest,
        created_by=plan.created_by,
        created_at=plan.created_at,
        estimated_seconds=plan.estimated_seconds,
        parameters=facts(content.parameters),
        options=facts(options),
        claims=facts({claim.name: claim.mode for claim in plan.claims}),
        steps=tuple(
            PlannedStep(
                number=step.number,
                id=step.id,
                kind=str(step.kind),
                title=step.title,
                depends_on=step.depends_on,
                estimated_seconds=step.estimated_seconds,
                reversible=step.reversible,
                undo_title=step.undo_title,
                validation=step.validation,
            )
            for step in plan.steps
        ),
        risk_score=plan.risk_score,
        risk_level=str(plan.risk_level),
        findings=tuple(
            FindingReport(
                rule=finding.rule,
                title=finding.title,
                evidence=redact_text(finding.evidence),
                weight=finding.weight,
                why=finding.why,
                how_to_lower=finding.how_to_lower,
            )
            for finding in plan.findings
        ),
        warnings=tuple(redact_text(warning) for warning in plan.warnings),
    )


def _signatures(run: Run) -> tuple[SignatureReport, ...]:
    """Every decision on the plan that was run, also those that no longer stood."""
    rows = Signature.objects.filter(migration=run.migration_id, digest=run.revision.digest).select_related("person")
    return tuple(
        SignatureReport(
            person=str(row.person),
            decision=str(row.decision),
            at=row.at,
            digest=row.digest,
            comment=redact_text(row.comment),
            counted=row.at <= run.created_at and (row.voided_at is None or row.voided_at > run.created_at),
            voided_at=row.voided_at,
            voided_because=row.voided_because,
        )
        for row in rows
    )


def _override(item: BreakGlassRow | None) -> Override | None:
    if item is None:
        return None
    overridden = tuple(redact_text(each.message) for each in item.overridden)
    return Override(item.by, redact_text(item.reason), item.closed_at is not None, overridden)


def _rollback(view: RunView) -> RollbackReport:
    undone = [step for step in view.steps if step.id in view.undo_order]
    order = {step: place for place, step in enumerate(view.undo_order)}
    undone.sort(key=lambda step: order[step.id])
    return RollbackReport(
        taken=bool(view.undo_order or view.rollback_reason),
        reason=redact_text(view.rollback_reason),
        undone=tuple(step.title for step in undone if step.state is StepState.UNDONE),
        failed=tuple(step.title for step in undone if step.state is StepState.UNDO_FAILED),
        left=tuple(step.title for step in undone if step.state not in (StepState.UNDONE, StepState.UNDO_FAILED)),
        irreversible=tuple(step.title for step in view.plan.steps if not step.reversible),
        remaining=tuple(
            redact_text(f"{entry['title']}: {action}") for entry in view.instructions for action in entry["actions"]
        ),
    )
