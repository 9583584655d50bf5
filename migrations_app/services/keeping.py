"""What is kept about a migration beside its plan: whose it is, its ticket, who watches it, whether it is archived.

Nothing of it is signed, so nothing of it voids a signature.
"""

from datetime import datetime

from migrations_app.engine.lifecycle import ARCHIVABLE
from migrations_app.models import Migration, MigrationWatcher, Person
from migrations_app.models.migration import TICKET_LENGTH
from migrations_app.services import audit, finding
from migrations_app.services.actor import Actor
from migrations_app.services.checking import Check
from migrations_app.services.errors import Conflict
from migrations_app.services.operation import operation
from migrations_app.services.permissions import Permission, people_who_see
from migrations_app.services.versions import Seen, require_seen

__all__ = ["archive", "describe", "restore", "unwatch", "watch"]


@operation("migration.describe", about="migration")
def describe(
    *,
    actor: Actor,
    now: datetime,
    migration_id: int,
    ticket: str | None = None,
    owner: str | None = None,
    seen: Seen = None,
) -> None:
    """What is None stays. `owner` is a user name: of somebody who may see it, or of whose it is; '' makes it its
    author's again.

    `seen` are versions of ticket and owner, which no edit of the migration itself moves.
    """
    migration = finding.migration(migration_id, actor=actor, permission=Permission.AUTHOR, lock=True)
    require_seen(f"What is kept beside “{migration.title}”", migration.keeping_version, seen)
    before = _facts(migration)
    check = Check()
    if ticket is not None:
        migration.ticket = check.text("ticket", ticket, most=TICKET_LENGTH)
    if owner is not None:
        migration.owner = _owner(check, migration, owner)
    check.done()
    if _facts(migration) == before:
        return
    migration.keeping_version += 1
    migration.save(update_fields=["ticket", "owner", "keeping_version"])
    _record(actor, now, "migration.describe", migration, before)


@operation("migration.archive", about="migration")
def archive(*, actor: Actor, now: datetime, migration_id: int) -> None:
    """Out of the lists, unless they are asked for what is archived. Only what has ended, or never was planned."""
    migration = finding.migration(migration_id, actor=actor, permission=Permission.AUTHOR, lock=True)
    if migration.status not in ARCHIVABLE or migration.needs_person:
        state = "needs a person" if migration.needs_person else f"is {migration.get_status_display()}"
        raise Conflict(
            f"“{migration.title}” {state}, so it is not archived; nothing was changed.",
            "Bring it to an end first, or cancel it.",
            reason="not_ended",
        )
    before = _facts(migration)
    if migration.archived_at is None:
        migration.archived_at = now
        migration.save(update_fields=["archived_at"])
        _record(actor, now, "migration.archive", migration, before)


@operation("migration.restore", about="migration")
def restore(*, actor: Actor, now: datetime, migration_id: int) -> None:
    """Take the archiving back."""
    migration = finding.migration(migration_id, actor=actor, permission=Permission.AUTHOR, lock=True)
    before = _facts(migration)
    if migration.archived_at is not None:
        migration.archived_at = None
        migration.save(update_fields=["archived_at"])
        _record(actor, now, "migration.restore", migration, before)


@operation("migration.watch", about="migration")
def watch(*, actor: Actor, now: datetime, migration_id: int) -> None:
    """Hear of what happens to it. Oneself only."""
    migration = finding.migration(migration_id, actor=actor, permission=Permission.VIEW)
    MigrationWatcher.objects.get_or_create(migration=migration, person=finding.person(actor))


@operation("migration.unwatch", about="migration")
def unwatch(*, actor: Actor, now: datetime, migration_id: int) -> None:
    migration = finding.migration(migration_id, actor=actor, permission=Permission.VIEW)
    MigrationWatcher.objects.filter(migration=migration, person=finding.person(actor)).delete()


def _owner(check: Check, migration: Migration, username: str) -> Person | None:
    name = check.text("owner", username, most=150)
    if migration.owner and migration.owner.username == name:
        return migration.owner  # who may have lost their role since: nothing is said about the owner then
    found = next((p for p in people_who_see(migration.environment_id) if p.username == name), None)
    if name and found is None:
        check.problem(
            "owner",
            f"Nobody called “{name}” has a role in {migration.environment.name}.",
            "Choose somebody who may see the migration.",
            "unknown",
        )
    return found


def _facts(migration: Migration) -> dict[str, object]:
    return {
        "title": migration.title,
        "ticket": migration.ticket,
        "owner": migration.owner.username if migration.owner else "",
        "archived": migration.archived_at is not None,
    }


def _record(actor: Actor, now: datetime, action: str, migration: Migration, before: dict[str, object]) -> None:
    audit.record(
        actor=actor,
        now=now,
        action=action,
        object_type="migration",
        object_id=migration.pk,
        environment=migration.environment.name,
        before=before,
        after=_facts(migration),
    )
