"""Pre-flight of a document: looked at, planned and weighed like any other, and no migration is left of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from migrations_app.engine import results
from migrations_app.engine.planner import PlannedMigration
from migrations_app.engine.policy import Asked, PlanTraits, ask, requirements_in_all
from migrations_app.models import Environment
from migrations_app.selectors.policy_rules import in_force
from migrations_app.services import audit, documents, drafts, finding, migrations, planning
from migrations_app.services.actor import Actor
from migrations_app.services.documents import AS_IT_SAYS, Elsewhere
from migrations_app.services.operation import operation, translated


@dataclass(frozen=True, slots=True)
class Preflight:
    """`plan` is the original design's Plan by its own names, without an id. `blocked`: signatures are wanted there, and
    no policy says whose, so it could not be submitted."""

    title: str
    environment: str
    plan: Mapping[str, Any]
    blocked: bool


@operation("migration.preflight", about="environment", atomic=False)
def preflight(*, actor: Actor, now: datetime, text: str, elsewhere: Elsewhere = AS_IT_SAYS) -> Preflight:
    """What planning this document now would give; its digest is that of the plan once it is made of the same content.

    Raises InvalidInput with every problem, by the document's own field names, and what `documents.read_yaml` raises.
    The look at the targets is one entry in the audit trail; nothing else is kept.
    """
    draft = documents.read_yaml(actor=actor, now=now, text=text, elsewhere=elsewhere)
    environment = migrations.environment_of(actor, draft)
    person = finding.person(actor)
    with documents.as_in_document(), translated():
        made = planning.look(environment, drafts.check(draft, environment), now=now)
    asked = _asked(environment, made)
    plan = results.plan_document(
        results.PlanFacts(
            plan_id="",
            plan=made.plan,
            source_state=made.analysis.source_state,
            target_state=made.analysis.target_state,
            assessment=made.assessment,
            estimated_seconds=made.estimated_seconds,
            estimate=made.estimate,
            created_at=now,
            created_by=person.username,
            validation_requirements=[
                {"step": step.id, "requirement": step.validation} for step in made.plan.steps if step.validation
            ],
            warnings=made.warnings,
            signature_requirements=requirements_in_all(asked.policies),
        )
    )
    with transaction.atomic():
        audit.record(
            actor=actor,
            now=now,
            action="migration.preflight",
            object_type="environment",
            object_id=environment.pk,
            environment=environment.name,
            after={"title": draft.title, "digest": made.plan.digest, "risk_score": made.assessment.score},
        )
    return Preflight(draft.title, environment.name, plan, asked.blocked)


def _asked(environment: Environment, made: PlannedMigration) -> Asked:
    """What the policies in force now would ask of it, as `policy_rules.asked_of` says for a plan that is kept."""
    marks = planning.marks_of(made)
    traits = PlanTraits(
        environment=environment.name,
        protected=environment.protected,
        type=made.plan.type,
        risk=made.assessment.level,
        zero_downtime=marks.zero_downtime,
        irreversible=marks.irreversible,
    )
    return ask(in_force(), traits, approval_required=marks.approval_required)
