"""The seed's Plan, Status and result maps under the seed's own names."""

from datetime import datetime
from typing import Any

from migrations_app.engine import results
from migrations_app.engine.estimates import estimate_from
from migrations_app.engine.plan import Finding, Plan, RiskAssessment
from migrations_app.engine.policy import requirements_in_all
from migrations_app.engine.vocabulary import MigrationStatus, RiskLevel, RunKind
from migrations_app.models import Migration, PlanRevision
from migrations_app.models.actor import Actor
from migrations_app.selectors.journals import view_of
from migrations_app.selectors.migrations import visible_migration, visible_revision
from migrations_app.selectors.policy_rules import asked_of
from migrations_app.selectors.risk import risk_now
from migrations_app.selectors.run_rows import with_names
from migrations_app.selectors.runs import visible_run
from migrations_app.selectors.start_check import start_check


def plan_dict(*, actor: Actor, migration_id: int, now: datetime) -> dict[str, Any]:
    """The seed's Plan of the newest revision. Raises NotFound, also when there is no plan yet."""
    migration = visible_migration(actor, migration_id)
    return plan_document(migration, visible_revision(migration, None), now=now)


def plan_document(migration: Migration, revision: PlanRevision, *, now: datetime) -> dict[str, Any]:
    """Its risk is that of this moment."""
    risk = risk_now(migration, revision, now=now)
    plan = Plan.from_content(revision.content)
    facts = results.PlanFacts(
        plan_id=f"{migration.pk}.{revision.number}",
        plan=plan,
        source_state=revision.source_state,
        target_state=revision.target_state,
        assessment=RiskAssessment(
            revision.risk_score, RiskLevel(revision.risk_level), tuple(Finding(**f) for f in revision.findings)
        ),
        estimated_seconds=revision.estimated_seconds,
        created_at=revision.created_at,
        created_by=revision.created_by.username,
        validation_requirements=[
            {"step": step.id, "requirement": step.validation} for step in plan.steps if step.validation
        ],
        warnings=revision.warnings,
        signature_requirements=requirements_in_all(asked_of(migration, revision, now=now, risk=risk.level).policies),
        estimate=estimate_from(revision.estimates),
        waived=frozenset(finding.rule for finding in risk.findings if finding.waiver),
    )
    document = results.plan_document(facts)
    return {**document, "migration_id": migration.pk, "revision": revision.number}


def status_dict(*, actor: Actor, migration_id: int, now: datetime) -> dict[str, Any]:
    """The seed's Status. Raises NotFound."""
    migration = visible_migration(actor, migration_id)
    revision = migration.revisions.order_by("-number").first()
    run = with_names(migration.runs.order_by("-pk")).first()
    back = start_check(migration, revision, now=now, kind=RunKind.ROLLBACK)
    facts = results.StatusFacts(
        migration_id=str(migration.pk),
        status=MigrationStatus(migration.status),
        plan=Plan.from_content(revision.content) if revision else None,
        warnings=revision.warnings if revision else (),
        rollback_available=back.ready,
        needs_person=migration.needs_person,
        metadata={
            "title": migration.title,
            "environment": migration.environment.name,
            "review_state": str(migration.review_state),
            "revision": revision.number if revision else None,
            "digest": revision.digest if revision else None,
            "handler": migration.handler,
            "handler_version": revision.content["handler_version"] if revision else None,
            "run": run.pk if run else None,
            "run_kind": str(run.kind) if run else None,
            "run_state": str(run.state) if run else None,
        },
    )
    return results.migration_status(facts, view_of(run) if run else None, now)


def run_dict(*, actor: Actor, run_id: int, now: datetime) -> dict[str, Any]:
    """The seed's execution result with its `execution_progress`, of one run. Raises NotFound."""
    run = visible_run(actor, run_id)
    view = view_of(run)
    progress = results.execution_progress(view, now).as_dict()
    return {
        **results.migration_result(view, migration_id=str(run.migration_id), now=now),
        "run": run.pk,
        "kind": str(run.kind),
        "state": str(run.state),
        "execution_progress": progress,
        "estimated_completion": progress["estimated_completion"],
    }
