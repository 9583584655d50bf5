"""What is kept about a migration beside its plan: ticket, owner, watchers, archive. Nothing of it voids a signature."""

from typing import Any

from ninja import Router

from migrations_app.api.callers import ApiRequest, now
from migrations_app.api.migrations import MigrationDetail, detail
from migrations_app.api.preconditions import refuse_versions
from migrations_app.api.schemas import Input
from migrations_app.services import keeping

router = Router(tags=["migrations"])


class Description(Input):
    """What is left out stays. `owner` is a user name; an empty one makes the migration its author's again."""

    ticket: str | None = None
    owner: str | None = None


@router.patch("/{int:migration_id}/keeping", response=MigrationDetail)
def describe_migration(request: ApiRequest, migration_id: int, body: Description) -> Any:
    refuse_versions(request, "What is kept beside a migration")
    keeping.describe(actor=request.auth, now=now(), migration_id=migration_id, **body.model_dump())
    return detail(request.auth, migration_id)


@router.post("/{int:migration_id}/watch", response=MigrationDetail)
def watch_migration(request: ApiRequest, migration_id: int) -> Any:
    """Hear of what happens to it, by notifications."""
    keeping.watch(actor=request.auth, now=now(), migration_id=migration_id)
    return detail(request.auth, migration_id)


@router.post("/{int:migration_id}/unwatch", response=MigrationDetail)
def unwatch_migration(request: ApiRequest, migration_id: int) -> Any:
    keeping.unwatch(actor=request.auth, now=now(), migration_id=migration_id)
    return detail(request.auth, migration_id)


@router.post("/{int:migration_id}/archive", response=MigrationDetail)
def archive_migration(request: ApiRequest, migration_id: int) -> Any:
    """Out of the lists. Only what has ended, or never was planned."""
    keeping.archive(actor=request.auth, now=now(), migration_id=migration_id)
    return detail(request.auth, migration_id)


@router.post("/{int:migration_id}/restore", response=MigrationDetail)
def restore_migration(request: ApiRequest, migration_id: int) -> Any:
    keeping.restore(actor=request.auth, now=now(), migration_id=migration_id)
    return detail(request.auth, migration_id)
