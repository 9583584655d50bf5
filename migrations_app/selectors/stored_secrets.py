"""Stored secrets: their names, and who uses them. Nothing that is sealed is read here."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from migrations_app.engine.vocabulary import MigrationStatus
from migrations_app.models import Environment, PlanRevision, StoredSecret
from migrations_app.models.actor import Actor
from migrations_app.selectors.access import Permission, access_of
from migrations_app.selectors.refusals import NotFound, PermissionDenied

LARGEST_ID = 2**63 - 1
_DONE = (MigrationStatus.COMPLETED, MigrationStatus.CANCELLED)


@dataclass(frozen=True, slots=True)
class StoredSecretRow:
    """`version` counts its values, the newest of which was entered at `changed_at`. `open_migrations` name it."""

    id: int
    name: str
    environment_id: int
    environment: str
    version: int
    created_by: str
    created_at: datetime
    changed_at: datetime
    archived: bool
    open_migrations: int


@dataclass(frozen=True, slots=True)
class NamedSecret:
    """A secret that a plan names. `replaced_since`: it has another value than when that was planned."""

    parameter: str
    name: str
    replaced_since: bool


def list_stored_secrets(*, actor: Actor, archived: bool = False) -> tuple[StoredSecretRow, ...]:
    """Of the environments that the actor may see, by environment and name. `archived`: those too."""
    rows = _rows().filter(access_of(actor).within(Permission.VIEW))
    return tuple(_row(each) for each in (rows if archived else rows.filter(archived_at=None)))


def managed_secrets(*, actor: Actor) -> tuple[tuple[StoredSecretRow, ...], tuple[tuple[int, str], ...]]:
    """All secrets, archived ones too, and (id, name) of the environments, where the actor manages them.

    Raises PermissionDenied when that is nowhere.
    """
    access = access_of(actor)
    if not access.anywhere(Permission.MANAGE_SECRETS):
        raise PermissionDenied(
            f"{actor.username} may not manage secrets anywhere; this needs the role admin.", "Ask an admin to do it."
        )
    places = Environment.objects.filter(access.within(Permission.MANAGE_SECRETS, "pk")).order_by("position")
    rows = _rows().filter(access.within(Permission.MANAGE_SECRETS))
    return tuple(_row(each) for each in rows), tuple(places.values_list("pk", "name"))


def managed_secret(*, actor: Actor, stored_secret_id: int) -> StoredSecretRow:
    """`stored_secret`, for whoever may change it. Raises PermissionDenied."""
    row = stored_secret(actor=actor, stored_secret_id=stored_secret_id)
    if not access_of(actor).can(Permission.MANAGE_SECRETS, row.environment_id):
        said = f"{actor.username} may not manage secrets in {row.environment}; this needs the role admin."
        raise PermissionDenied(said, "Ask an admin to do it.").about(row.environment)
    return row


def stored_secret(*, actor: Actor, stored_secret_id: int) -> StoredSecretRow:
    """Raises NotFound, also for one that the actor may not see."""
    seen = _rows().filter(access_of(actor).within(Permission.VIEW))
    row = seen.filter(pk=stored_secret_id).first() if 0 < stored_secret_id <= LARGEST_ID else None
    if row is None:
        absent = NotFound(f"There is no secret {str(stored_secret_id)[:20]}.", "Look at the list of secrets.")
        raise absent.unless_hidden(StoredSecret.objects.filter(pk=min(stored_secret_id, LARGEST_ID)))
    return _row(row)


def names_in(environment_id: int) -> tuple[str, ...]:
    """What a plan of this environment may name."""
    rows = StoredSecret.objects.filter(environment=environment_id, archived_at=None)
    return tuple(rows.order_by("name").values_list("name", flat=True))


def named_secrets(revision: PlanRevision) -> tuple[NamedSecret, ...]:
    refs = revision.content.get("secrets", [])
    versions = dict(StoredSecret.objects.filter(pk__in=[ref["id"] for ref in refs]).values_list("pk", "version"))
    return tuple(NamedSecret(ref["parameter"], ref["name"], versions.get(ref["id"]) != ref["version"]) for ref in refs)


def _rows() -> QuerySet[StoredSecret]:
    still = ~Q(uses__migration__status__in=_DONE)
    counted = Count("uses__migration", filter=still, distinct=True)
    rows = StoredSecret.objects.select_related("environment", "created_by").annotate(open_migrations=counted)
    return rows.order_by("environment__position", "name")


def _row(row: StoredSecret) -> StoredSecretRow:
    return StoredSecretRow(
        id=row.pk,
        name=row.name,
        environment_id=row.environment_id,
        environment=row.environment.name,
        version=row.version,
        created_by=str(row.created_by) if row.created_by else "",
        created_at=row.created_at,
        changed_at=row.changed_at,
        archived=row.archived_at is not None,
        open_migrations=row.open_migrations,  # type: ignore[attr-defined]
    )
