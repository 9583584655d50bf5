"""Migrations: authored, edited, cloned and cancelled by operators. Editing voids what was signed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from migrations_app.engine.lifecycle import MigrationEvent, ReviewEvent, next_status
from migrations_app.engine.vocabulary import MigrationStatus, ReviewState
from migrations_app.models import Environment, Migration, MigrationEditor, MigrationTarget, Person, Run
from migrations_app.models.migration import TITLE_LENGTH
from migrations_app.services import audit, drafts, finding, named_secrets, notifications, signatures
from migrations_app.services.actor import Actor
from migrations_app.services.checking import Check, invalid
from migrations_app.services.drafts import CheckedDraft, MigrationDraft
from migrations_app.services.errors import Refused
from migrations_app.services.operation import operation
from migrations_app.services.permissions import Permission
from migrations_app.services.versions import require_seen

__all__ = [
    "Edited",
    "MigrationDraft",
    "cancel",
    "change",
    "clone",
    "create",
    "edit",
    "environment_of",
    "insert",
    "note_editor",
]


@dataclass(frozen=True, slots=True)
class Edited:
    """`replan`: the content is another one now, so it has to be planned (and signed) again."""

    version: int
    changed: bool
    replan: bool
    voided_signatures: int


@operation("migration.create", about="migration")
def create(*, actor: Actor, now: datetime, draft: MigrationDraft) -> int:
    """Returns its id."""
    environment = environment_of(actor, draft)
    return insert(actor, now, environment, drafts.check(draft, environment)).pk


def environment_of(actor: Actor, draft: MigrationDraft) -> Environment:
    """The one that it names. Raises InvalidInput where that is none, NotFound where it is not there or hidden."""
    if not finding.is_key(draft.environment_id):
        message = "The draft names no environment."
        raise invalid("environment", message, "Choose one of the environments that you may author in.", "required")
    return finding.environment(draft.environment_id, actor=actor, permission=Permission.AUTHOR)


@operation("migration.clone", about="migration")
def clone(*, actor: Actor, now: datetime, migration_id: int, title: str = "") -> int:
    """A new draft with the same content; nothing of its review, plans and runs comes along. Returns its id.

    Whoever wrote the original cannot sign the clone.
    """
    original = finding.migration(migration_id, actor=actor, permission=Permission.AUTHOR)
    named = title or f"{original.title} (copy)"[:TITLE_LENGTH]
    checked = drafts.check(drafts.draft_of(original, title=named), original.environment)
    return insert(actor, now, original.environment, checked, clone_of=original.pk).pk


@operation("migration.edit", about="migration")
def edit(*, actor: Actor, now: datetime, migration_id: int, version: int, draft: MigrationDraft) -> Edited:
    """Replace what the author wrote. Raises StaleEdit when `version` is not the newest.

    Another title changes nothing that is signed. Any other content voids the signatures here and now, and asks
    for a new plan; content that says the same as before keeps them.
    """
    return change(actor, now, migration_id, version, draft)


@operation("migration.cancel", about="migration")
def cancel(*, actor: Actor, now: datetime, migration_id: int, reason: str = "") -> None:
    """Give up a migration that is not running. What runs is cancelled as a run."""
    migration = finding.migration(migration_id, actor=actor, permission=Permission.AUTHOR, lock=True)
    check = Check()
    because = check.text("reason", reason, most=1000, lines=True)
    check.done()
    finding.no_live_run(migration, "cancelled")
    before = str(migration.status)
    migration.status = next_status(MigrationStatus(migration.status), MigrationEvent.CANCELLED)
    migration.needs_person = False
    migration.changed_at = now
    migration.save(update_fields=["status", "needs_person", "changed_at"])
    if migration.review_state in (ReviewState.IN_REVIEW, ReviewState.APPROVED):
        signatures.void(migration, now=now, because=f"{actor.username} cancelled the migration")
        signatures.move(migration, ReviewEvent.WITHDRAWN)
    notifications.settle(now=now, kind=notifications.SIGNATURE_WANTED, migration=migration)
    audit.record(
        actor=actor,
        now=now,
        action="migration.cancel",
        object_type="migration",
        object_id=migration.pk,
        environment=migration.environment.name,
        reason=because,
        before={"status": before},
        after={"status": str(migration.status)},
    )


def change(actor: Actor, now: datetime, migration_id: int, version: int, draft: MigrationDraft) -> Edited:
    """`edit`, in the caller's transaction."""
    migration = finding.migration(migration_id, actor=actor, permission=Permission.AUTHOR, lock=True)
    person = finding.person(actor)
    fix = "Load it again, look at what changed, and repeat your edit."
    require_seen(f"“{migration.title}”", migration.version, [version], fix)
    finding.no_live_run(migration, "edited")
    if draft.environment_id != migration.environment_id:
        raise invalid(
            "environment",
            f"“{migration.title}” belongs to {migration.environment.name}.",
            "Author a new migration for another environment.",
            "fixed",
        )
    before = _facts(migration)
    checked = drafts.check(draft, migration.environment)
    replan = checked.content_digest != _content_digest(migration)
    _fill(migration, checked)
    if not replan and migration.title == before["title"]:
        return Edited(migration.version, changed=False, replan=False, voided_signatures=0)
    voided = 0
    if replan:
        migration.status = next_status(MigrationStatus(migration.status), MigrationEvent.EDITED)
        voided = signatures.void_by_change(
            migration, now=now, event=ReviewEvent.EDITED, because=f"{person} edited the migration"
        )
        note_editor(migration, person)
    migration.version += 1
    migration.changed_at = now
    migration.save()
    if replan:
        _save_targets(migration, checked)
    after = _facts(migration) | ({"voided_signatures": voided} if voided else {})
    _record(actor, now, "migration.edit", migration, before=before, after=after)
    return Edited(migration.version, changed=True, replan=replan, voided_signatures=voided)


def insert(
    actor: Actor,
    now: datetime,
    environment: Environment,
    checked: CheckedDraft,
    *,
    clone_of: int | None = None,
    promoted: Run | None = None,
) -> Migration:
    """Save a checked draft, in the caller's transaction. `promoted` is the run that proved it elsewhere."""
    person = finding.person(actor)
    migration = Migration(environment=environment, created_by=person, created_at=now, changed_at=now)
    if promoted is not None:
        migration.promoted_from_id, migration.promoted_run = promoted.migration_id, promoted
    _fill(migration, checked)
    migration.save()
    _save_targets(migration, checked)
    note_editor(migration, person)
    after, action = _facts(migration), "migration.create"
    if clone_of:
        _note_editors_of(clone_of, migration)
        after, action = after | {"clone_of": clone_of}, "migration.clone"
    if promoted is not None:
        _note_editors_of(promoted.migration_id, migration)
        after |= {"promoted_from": promoted.migration_id, "promoted_run": promoted.pk}
        action = "migration.promote"
    _record(actor, now, action, migration, before=None, after=after)
    return migration


def _fill(migration: Migration, checked: CheckedDraft) -> None:
    migration.title = checked.title
    migration.description = checked.description
    migration.type = checked.handler.type
    migration.handler = checked.handler.name
    migration.parameters = dict(checked.parameters)
    migration.options = dict(checked.options)


def _save_targets(migration: Migration, checked: CheckedDraft) -> None:
    migration.target_roles.all().delete()
    for role, target in checked.targets.items():
        MigrationTarget.objects.create(migration=migration, role=role, target=target)
    named_secrets.note(migration, checked.secrets)


def note_editor(migration: Migration, person: Person, revision: int | None = None) -> None:
    """Who shaped that revision (None: the next one) cannot sign any (DESIGN section 5)."""
    number = migration.revisions.count() + 1 if revision is None else revision
    MigrationEditor.objects.get_or_create(migration=migration, person=person, revision=number)


def _note_editors_of(original_id: int, migration: Migration) -> None:
    """Who wrote the original wrote this, too."""
    for editor in MigrationEditor.objects.filter(migration=original_id).select_related("person"):
        note_editor(migration, editor.person, 1)


def _content_digest(migration: Migration) -> str:
    """Of what is stored now, read with today's declarations; '' when they no longer accept it."""
    try:
        return drafts.check(drafts.draft_of(migration), migration.environment).content_digest
    except Refused:
        return ""


def _facts(migration: Migration) -> dict[str, Any]:
    facts = {
        "title": migration.title,
        "description": migration.description,
        "handler": migration.handler,
        "targets": {row.role: row.target.name for row in migration.target_roles.select_related("target")},
        "parameters": migration.parameters,
        "options": migration.options,
        "status": str(migration.status),
        "review_state": str(migration.review_state),
    }
    named = sorted(set(migration.named_secrets.values_list("secret__name", flat=True)))
    return facts | ({"secrets": named} if named else {})  # a list: a parameter `api_key` is hidden by its own name


def _record(
    actor: Actor,
    now: datetime,
    action: str,
    migration: Migration,
    *,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any],
) -> None:
    audit.record(
        actor=actor,
        now=now,
        action=action,
        object_type="migration",
        object_id=migration.pk,
        environment=migration.environment.name,
        before=before,
        after=after,
    )
