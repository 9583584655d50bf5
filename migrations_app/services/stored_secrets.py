"""Secrets of an environment that plans name. Admins store and replace them; nobody reads one back."""

from datetime import datetime

from migrations_app.engine.plan import Plan
from migrations_app.engine.vocabulary import FINAL_RUN_STATES, MigrationStatus
from migrations_app.models import Environment, Migration, Run, StoredSecret
from migrations_app.runtime import secrets as vault
from migrations_app.services import audit, finding
from migrations_app.services.actor import Actor
from migrations_app.services.checking import Check
from migrations_app.services.errors import Conflict
from migrations_app.services.operation import operation
from migrations_app.services.permissions import Permission
from migrations_app.services.versions import require_seen

LONGEST_NAME = 60
MOST_SECRET = 20_000  # a key with its chain of certificates
_DONE = (MigrationStatus.COMPLETED, MigrationStatus.CANCELLED)


@operation("secret.create", about="stored_secret")
def create(*, actor: Actor, now: datetime, environment_id: int, name: str, secret: str) -> int:
    """Returns its id. Raises InvalidInput for a name that is taken, by an archived one too."""
    environment = finding.environment(environment_id, actor=actor, permission=Permission.MANAGE_SECRETS)
    check = Check()
    row = StoredSecret(environment=environment, created_by=finding.person(actor), created_at=now, changed_at=now)
    clear = _value(check, secret)
    row.name = _name(check, name, environment)
    check.done()
    vault.seal_named(row, clear)
    row.save()
    _record(actor, now, "secret.create", row)
    return row.pk


@operation("secret.replace", about="stored_secret")
def replace(*, actor: Actor, now: datetime, stored_secret_id: int, version: int, secret: str) -> int:
    """Another value under the same name. Returns the new version.

    Signatures stay: they bind which secret is used, not its value. Refused while a run of a plan that names it is
    under way, so that a run has one value from beginning to end.
    """
    row = _locked(actor, stored_secret_id, version)
    check = Check()
    clear = _value(check, secret)
    check.done()
    users = _open_migrations(row)  # locked first: a run that starts now waits, or is seen below
    _no_live_run(row)
    vault.seal_named(row, clear)
    row.version += 1
    row.changed_at = now
    row.save(update_fields=[*vault.NAMED_COLUMNS, "version", "changed_at"])
    _record(actor, now, "secret.replace", row, users=users)
    return row.version


@operation("secret.archive", about="stored_secret")
def archive(*, actor: Actor, now: datetime, stored_secret_id: int, version: int) -> None:
    """No new plan can name it. Refused while an open migration does, or a run."""
    row = _locked(actor, stored_secret_id, version)
    users = _open_migrations(row)
    _no_live_run(row)
    if users:
        raise Conflict(
            f"The secret {row.name} is named by “{users[0].title}” ({len(users)} open in all); nothing was changed.",
            "Cancel those migrations or give them another secret first.",
            reason="secret_in_use",
        )
    row.archived_at = now
    row.save(update_fields=["archived_at"])
    _record(actor, now, "secret.archive", row)


@operation("secret.restore", about="stored_secret")
def restore(*, actor: Actor, now: datetime, stored_secret_id: int) -> None:
    """Take an archiving back. Its name was never free, so nothing can be in the way."""
    row = _found(actor, stored_secret_id)
    if row.archived_at is None:
        raise Conflict(f"The secret {row.name} is not archived.", "Nothing to do.", reason="not_archived")
    row.archived_at = None
    row.save(update_fields=["archived_at"])
    _record(actor, now, "secret.restore", row)


def _found(actor: Actor, stored_secret_id: int) -> StoredSecret:
    """Locked."""
    rows = StoredSecret.objects.select_for_update(of=("self",)).select_related("environment")
    row: StoredSecret = finding.one(rows, stored_secret_id, "secret", actor=actor, permission=Permission.MANAGE_SECRETS)
    return row


def _locked(actor: Actor, stored_secret_id: int, version: int) -> StoredSecret:
    row = _found(actor, stored_secret_id)
    require_seen(f"The secret {row.name}", row.version, [version])
    if row.archived_at is not None:
        raise Conflict(
            f"The secret {row.name} is archived; nothing was changed.", "Restore it first.", reason="archived"
        )
    return row


def _open_migrations(row: StoredSecret) -> list[Migration]:
    """Locked, in the order of their ids."""
    rows = Migration.objects.filter(named_secrets__secret=row).exclude(status__in=_DONE)
    ids = sorted(set(rows.values_list("pk", flat=True)))
    return list(Migration.objects.filter(pk__in=ids).select_for_update(of=("self",)).order_by("pk"))


def _no_live_run(row: StoredSecret) -> None:
    """By the plans that run: a migration may name another one by now, and a finished one may be rolled back."""
    live = Run.objects.filter(migration__environment=row.environment_id).exclude(state__in=FINAL_RUN_STATES)
    for run in live.select_related("revision").order_by("pk"):
        if any(ref.id == row.pk for ref in Plan.from_content(run.revision.content).secrets):
            raise Conflict(
                f"The secret {row.name} is in use by run {run.pk}; nothing was changed.",
                "Wait until that run has ended, or cancel it.",
                reason="secret_in_use",
                run=run.pk,
            )


def _name(check: Check, given: object, environment: Environment) -> str:
    """What is no name is not repeated: it may be the secret, typed into the other field."""
    own = Check()
    name = own.name("name", given, most=LONGEST_NAME)
    if own.problems:
        said = "This is not a name that a secret can have."
        check.problem("name", said, "Use small letters, digits and hyphens, such as billing-api.", "not_a_name")
    elif StoredSecret.objects.filter(environment=environment, name=name).exists():
        said = f"{environment.name} has a secret “{name}”, perhaps an archived one."
        check.problem("name", said, "Choose another name, or replace that one.", "taken")
    return name


def _value(check: Check, given: object) -> str:
    """As it was entered, to the last space. Messages never repeat it."""
    if not isinstance(given, str):
        check.problem("secret", "This has to be text.", "Put it in quotes.", "not_text")
        return ""
    if not given.strip():
        check.problem("secret", "This is missing.", "Enter the secret.", "required")
    elif len(given) > MOST_SECRET or "\x00" in given:
        check.problem("secret", "This cannot be a secret.", f"Use at most {MOST_SECRET:,} characters.", "too_long")
    return given


def _record(actor: Actor, now: datetime, action: str, row: StoredSecret, users: list[Migration] | None = None) -> None:
    after = {"name": row.name, "version": row.version, "archived": row.archived_at is not None}
    if users:
        after["migrations"] = [migration.pk for migration in users]
    audit.record(
        actor=actor,
        now=now,
        action=action,
        object_type="stored_secret",
        object_id=row.pk,
        environment=row.environment.name,
        after=after,
    )
