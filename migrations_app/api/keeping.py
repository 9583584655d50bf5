"""What is kept about a migration beside its plan: ticket, owner, watchers, archive. Nothing of it voids a signature."""

from typing import Any

from django.http import HttpResponse
from ninja import Router

from migrations_app.api.callers import ApiRequest, now
from migrations_app.api.migrations import MigrationDetail, detail
from migrations_app.api.preconditions import etag, tagged, versions_seen
from migrations_app.api.schemas import Input
from migrations_app.selectors.migrations import Keeping, kept_beside
from migrations_app.services import keeping

router = Router(tags=["migrations"])


class Description(Input):
    """What is left out stays. `owner` is a user name; an empty one makes the migration its author's again."""

    ticket: str | None = None
    owner: str | None = None


@router.get("/{int:migration_id}/keeping", response=Keeping)
def get_keeping(request: ApiRequest, response: HttpResponse, migration_id: int) -> Any:
    return tagged(response, kept_beside(actor=request.auth, migration_id=migration_id))


@router.patch("/{int:migration_id}/keeping", response=MigrationDetail)
def describe_migration(request: ApiRequest, response: HttpResponse, migration_id: int, body: Description) -> Any:
    """The `ETag` is of what is kept (`keeping.version`), not of the migration."""
    wish = body.model_dump() | {"seen": versions_seen(request)}
    keeping.describe(actor=request.auth, now=now(), migration_id=migration_id, **wish)
    found = detail(request.auth, migration_id)
    response["ETag"] = etag(found["keeping"].version)
    return found


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
