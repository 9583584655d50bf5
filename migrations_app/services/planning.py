"""Planning: look at both sides without a transaction, then save an immutable revision.

The same content again (an equal digest) keeps its review; another one voids it in the same transaction.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import transaction

from migrations_app.engine.crash_points import reach
from migrations_app.engine.handler import Spec
from migrations_app.engine.lifecycle import MigrationEvent, ReviewEvent, next_status
from migrations_app.engine.plan import content_digest
from migrations_app.engine.planner import PlannedMigration, create_plan
from migrations_app.engine.procedure import procedure_digest
from migrations_app.engine.store_kinds import pair_of, store_kind
from migrations_app.engine.vocabulary import MigrationStatus
from migrations_app.models import Environment, Migration, Person, PlanRevision, Run
from migrations_app.runtime import composition
from migrations_app.selectors.environment_facts import Intent, environment_facts
from migrations_app.selectors.history import past_of
from migrations_app.services import asking, audit, drafts, finding, migrations, named_secrets, route_names, signatures
from migrations_app.services.actor import Actor
from migrations_app.services.drafts import CheckedDraft, MigrationDraft
from migrations_app.services.errors import StaleEdit
from migrations_app.services.operation import operation
from migrations_app.services.permissions import Permission


@dataclass(frozen=True, slots=True)
class Planned:
    """`changed`: the content differs from that of the revision before."""

    migration_id: int
    revision: int
    digest: str
    changed: bool
    voided_signatures: int


@dataclass(frozen=True, slots=True)
class Marks:
    """What policies look at, of a plan itself."""

    approval_required: bool
    zero_downtime: bool
    irreversible: bool


@operation("migration.plan", about="migration", atomic=False)
def plan(*, actor: Actor, now: datetime, migration_id: int) -> Planned:
    """Analyse both sides as they are now and save the next revision.

    Raises InvalidInput with every problem that keeps it from being planned, and StaleEdit when somebody edited
    the migration meanwhile; then there is no new revision.
    """
    migration = finding.migration(migration_id, actor=actor, permission=Permission.AUTHOR)
    person = finding.person(actor)
    finding.no_live_run(migration, "planned")
    next_status(MigrationStatus(migration.status), MigrationEvent.PLANNED)
    checked = drafts.check(drafts.draft_of(migration), migration.environment)
    made = look(migration.environment, checked, now=now, migration_id=migration_id)
    with transaction.atomic():
        asking.hold(migration.environment_id)
        locked = finding.migration(migration_id, actor=actor, permission=Permission.AUTHOR, lock=True)
        if locked.version != migration.version:
            raise StaleEdit(
                f"“{locked.title}” was edited while it was being planned; there is no new plan.",
                "Look at the edit, then plan again.",
                details={"version": locked.version},
            )
        finding.no_live_run(locked, "planned")
        return _save(actor, now, locked, person, made)


@operation("migration.create", about="migration", atomic=False)
def create_and_plan(*, actor: Actor, now: datetime, draft: MigrationDraft) -> Planned:
    """A new migration with its first plan; when it cannot be planned there is no migration either."""
    return make(actor, now, draft)


def make(
    actor: Actor,
    now: datetime,
    draft: MigrationDraft,
    *,
    promoted: Run | None = None,
    still: Callable[[], None] = lambda: None,
) -> Planned:
    """`create_and_plan`, for a service that is an operation itself. The caller must not have a transaction open.

    `still` is called in the transaction that saves it all, and raises what keeps it from being saved.
    """
    environment = migrations.environment_of(actor, draft)
    person = finding.person(actor)
    checked = drafts.check(draft, environment)
    made = look(environment, checked, now=now)
    reach("planning.made")
    with transaction.atomic():
        still()
        migration = migrations.insert(actor, now, environment, checked, promoted=promoted)
        return _save(actor, now, migration, person, made)


def look(
    environment: Environment, checked: CheckedDraft, *, now: datetime, migration_id: int | None = None
) -> PlannedMigration:
    """Look at both sides and plan; nothing is saved. The caller must not have a transaction open.

    Raises the engine's ValidationFailed with every problem that keeps it from being planned.
    """
    spec = Spec(
        type=checked.handler.type,
        handler=checked.handler.name,
        environment=environment.name,
        protected=environment.protected,
        targets={role: composition.resolve_target(target) for role, target in checked.targets.items()},
        parameters=checked.effective_parameters,
        options=checked.effective_options,
        description=checked.description,
        artifacts=composition.artifacts(),
        secrets=named_secrets.refs(checked.secrets),
    )
    route_names.check(environment, checked.handler.routes(spec))
    pair = pair_of({role: store_kind(target.config) for role, target in spec.targets.items()})
    past = past_of(handler=checked.handler.name, pair=pair, environment_id=environment.pk)
    intent = Intent(
        handler=checked.handler.name,
        handler_version=checked.handler.version,
        procedure=procedure_digest(spec, checked.handler),
        targets=checked.targets,
        rehearsable=not checked.handler.why_no_rehearsal(spec.targets),
    )
    facts = environment_facts(environment, intent, now=now, migration_id=migration_id)
    return create_plan(spec, checked.handler, past, facts)


def marks_of(made: PlannedMigration) -> Marks:
    return Marks(
        approval_required=bool(made.plan.options.get("approval_required", True)),
        zero_downtime=bool(made.plan.options.get("zero_downtime", False)),
        irreversible=any(not step.reversible for step in made.plan.steps),
    )


def _save(actor: Actor, now: datetime, migration: Migration, person: Person, made: PlannedMigration) -> Planned:
    """In a transaction, with the migration locked or new."""
    before = finding.newest_revision(migration)
    number = before.number + 1 if before else 1
    digest = made.plan.digest
    changed = before is None or before.digest != digest
    findings = [asdict(finding) for finding in made.assessment.findings]
    PlanRevision.objects.create(
        migration=migration,
        number=number,
        digest=digest,
        content=made.plan.content(),
        source_state=dict(made.analysis.source_state),
        target_state=dict(made.analysis.target_state),
        procedure=made.procedure,
        fingerprints={role: dict(values) for role, values in made.analysis.fingerprints.items()},
        sizes=dict(made.analysis.sizes),
        findings=findings,
        findings_digest=content_digest(findings),
        warnings=list(made.warnings),
        risk_score=made.assessment.score,
        risk_level=made.assessment.level,
        **asdict(marks_of(made)),
        estimated_seconds=made.estimated_seconds,
        estimates=made.estimate.document(),
        created_by=person,
        created_at=now,
    )
    migration.status = next_status(MigrationStatus(migration.status), MigrationEvent.PLANNED)
    migration.risk_level, migration.risk_score = made.assessment.level, made.assessment.score
    migration.needs_person = False
    migration.changed_at = now
    migration.save(update_fields=["status", "risk_level", "risk_score", "needs_person", "changed_at"])
    voided = 0
    if changed:
        migrations.note_editor(migration, person, number)
        voided = signatures.void_by_change(
            migration, now=now, event=ReviewEvent.EDITED, because=f"{person} planned revision {number}"
        )
    audit.record(
        actor=actor,
        now=now,
        action="migration.plan",
        object_type="migration",
        object_id=migration.pk,
        environment=migration.environment.name,
        before={"digest": before.digest, "revision": before.number} if before else None,
        after={"digest": digest, "revision": number, "risk_score": made.assessment.score}
        | ({"voided_signatures": voided} if voided else {}),
    )
    asking.ask_again([migration], actor=actor, now=now, because=f"{person} planned revision {number}")
    return Planned(migration.pk, number, digest, changed, voided)
