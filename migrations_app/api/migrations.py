"""Migrations: the list, one, and what its author does with it. Review and running are `reviews` and `operations`."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from ninja import Query, Router, Status

from migrations_app.api.callers import ApiRequest, now
from migrations_app.api.preconditions import tagged, version_to_edit
from migrations_app.api.schemas import Input, Page, Paging, extended, flat, page
from migrations_app.selectors import migrations as reads
from migrations_app.selectors.migrations import (
    Keeping,
    MigrationFilters,
    MigrationPage,
    MigrationRow,
    NextAction,
    ReviewPanel,
    RiskView,
    StartCheck,
)
from migrations_app.selectors.procedures import ProcedureTrack
from migrations_app.selectors.runs import RunRow
from migrations_app.services import migrations
from migrations_app.services.actor import Actor
from migrations_app.services.migrations import MigrationDraft

router = Router(tags=["migrations"])

MigrationDetail = extended(
    "MigrationDetail",
    MigrationRow,
    description=str,
    parameters=Mapping[str, Any],
    options=Mapping[str, Any],
    risk=RiskView | None,
    review=ReviewPanel,
    start_check=StartCheck,
    keeping=Keeping,
    runs=tuple[RunRow, ...],
    next_action=NextAction,
    allowed=tuple[str, ...],
    refusals=Mapping[str, str],
    track=ProcedureTrack,
)


class Which(Paging):
    q: str = ""
    environment: str = ""
    status: str = ""
    type: str = ""
    review_state: str = ""
    archived: bool = False


class NewMigration(Input):
    """`targets` maps each role of the type to a target's id."""

    title: str
    environment_id: int
    type: str = "session_migration"
    handler: str = ""
    targets: dict[str, int] = {}
    parameters: dict[str, Any] = {}
    options: dict[str, Any] = {}
    description: str = ""


class MigrationChange(Input):
    """`version` is the one that was read, unless `If-Match` says it; what is left out stays. Another content voids the
    signatures."""

    version: int | None = None
    title: str | None = None
    targets: dict[str, int] | None = None
    parameters: dict[str, Any] | None = None
    options: dict[str, Any] | None = None
    description: str | None = None


class Copy(Input):
    title: str = ""


class Reason(Input):
    reason: str = ""


@router.get("", response=Page[MigrationRow])
def list_migrations(request: ApiRequest, which: Query[Which]) -> Any:
    filters = MigrationFilters(**which.model_dump(exclude={"cursor", "limit"}))
    found = reads.list_migrations(
        actor=request.auth, now=now(), filters=filters, cursor=which.cursor, limit=which.limit
    )
    return page(found)


@router.post("", response={201: MigrationDetail})
def create_migration(request: ApiRequest, body: NewMigration) -> Any:
    draft = MigrationDraft(**body.model_dump())
    return Status(201, detail(request.auth, migrations.create(actor=request.auth, now=now(), draft=draft)))


@router.get("/{int:migration_id}", response=MigrationDetail)
def get_migration(request: ApiRequest, response: HttpResponse, migration_id: int) -> Any:
    return tagged(response, detail(request.auth, migration_id))


@router.patch("/{int:migration_id}", response=MigrationDetail)
def change_migration(request: ApiRequest, response: HttpResponse, migration_id: int, body: MigrationChange) -> Any:
    before = reads.migration_page(actor=request.auth, migration_id=migration_id, now=now())
    version = version_to_edit(request, body.version, lambda: before.row.version)
    draft = _changed(before, body)
    migrations.edit(actor=request.auth, now=now(), migration_id=migration_id, version=version, draft=draft)
    return tagged(response, detail(request.auth, migration_id))


@router.post("/{int:migration_id}/clone", response={201: MigrationDetail})
def clone_migration(request: ApiRequest, migration_id: int, body: Copy | None = None) -> Any:
    copy_id = migrations.clone(
        actor=request.auth, now=now(), migration_id=migration_id, title=body.title if body else ""
    )
    return Status(201, detail(request.auth, copy_id))


@router.post("/{int:migration_id}/cancel", response=MigrationDetail)
def cancel_migration(request: ApiRequest, migration_id: int, body: Reason | None = None) -> Any:
    """Give up a migration that is not running; a run is cancelled at /runs/{id}/cancel."""
    migrations.cancel(actor=request.auth, now=now(), migration_id=migration_id, reason=body.reason if body else "")
    return detail(request.auth, migration_id)


def detail(actor: Actor, migration_id: int) -> dict[str, Any]:
    found: MigrationPage = reads.migration_page(actor=actor, migration_id=migration_id, now=now())
    return flat(
        found.row,
        description=found.description,
        parameters=found.parameters,
        options=found.options,
        risk=found.risk,
        review=found.review,
        start_check=found.start_check,
        keeping=found.keeping,
        runs=found.runs,
        next_action=found.next_action,
        allowed=tuple(sorted(found.allowed)),
        refusals=found.refusals,
        track=found.track,
    )


def _changed(before: MigrationPage, change: MigrationChange) -> MigrationDraft:
    targets = {role.role: role.target_id for role in before.row.targets}
    return MigrationDraft(
        title=before.row.title if change.title is None else change.title,
        environment_id=before.row.environment_id,
        type=before.row.type,
        handler=before.row.handler,
        targets=targets if change.targets is None else change.targets,
        parameters=before.parameters if change.parameters is None else change.parameters,
        options=before.options if change.options is None else change.options,
        description=before.description if change.description is None else change.description,
    )
