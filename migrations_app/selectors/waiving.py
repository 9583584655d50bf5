"""Who may waive a finding of the risk, and why somebody may not."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from migrations_app.engine.vocabulary import MigrationStatus
from migrations_app.models import Migration, MigrationEditor
from migrations_app.models.actor import Actor
from migrations_app.selectors.access import TABLE, Access, Permission
from migrations_app.selectors.reviews import barred, recently_present
from migrations_app.selectors.young_roles import young_role


@dataclass(frozen=True, slots=True)
class Waiving:
    """Whether this viewer may waive and withdraw here; `why_not` is '' when they may, once they have shown who they
    are (`needs_step_up`)."""

    why_not: str
    needs_step_up: bool

    @property
    def allowed(self) -> bool:
        return not self.why_not


def waiving(
    actor: Actor,
    access: Access,
    migration: Migration,
    editors: Iterable[MigrationEditor] | None = None,
    *,
    now: datetime,
) -> Waiving:
    """`editors`: where those of the migration are known already."""
    why_not = cannot_waive(actor, access, migration, editors, now=now)
    return Waiving(why_not, not why_not and not recently_present(actor, now))


def cannot_waive(
    actor: Actor,
    access: Access,
    migration: Migration,
    editors: Iterable[MigrationEditor] | None = None,
    *,
    now: datetime,
) -> str:
    """Why this actor can neither waive a finding here nor withdraw a waiver; '' when they can."""
    barred_because = barred(migration, actor.person_id, editors)
    if barred_because:
        return barred_because
    if actor.scopes is not None:
        return "a token cannot waive a risk"
    if not access.can(Permission.WAIVE_RISK, migration.environment_id):
        return f"you are neither approver nor admin of {migration.environment.name}"
    if migration.status != MigrationStatus.PLANNED:
        return f"the migration is {migration.get_status_display()}"
    return young_waiver(migration, actor.person_id, editors, now=now)


def young_waiver(
    migration: Migration, person_id: int | None, editors: Iterable[MigrationEditor] | None = None, *, now: datetime
) -> str:
    """Why their role waives nothing of this plan yet: it is young, and theirs by their own hand or an author's."""
    roles, _ = TABLE[Permission.WAIVE_RISK]
    wrote = {edit.person_id for edit in (migration.editors.all() if editors is None else editors)}
    to = wrote | {migration.created_by_id}
    young = young_role(person_id, roles, environment=migration.environment, to=to, now=now)
    return young.sentence("approver or admin", "waives", you=True) if young else ""
