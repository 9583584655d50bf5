from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from ninja import Query, Router, Status

from migrations_app.api.callers import ApiRequest, now
from migrations_app.api.preconditions import tagged, version_to_edit
from migrations_app.api.schemas import Input, Page, ShortPaging, extended, flat, whole
from migrations_app.selectors import targets as reads
from migrations_app.selectors.targets import TargetFilters, TargetPage, TargetRow
from migrations_app.services import targets
from migrations_app.services.actor import Actor

router = Router(tags=["targets"])

TargetDetail = extended(
    "TargetDetail",
    TargetRow,
    config=Mapping[str, Any],
    secret_names=tuple[str, ...],
    facts=Mapping[str, str],
    fingerprint=Mapping[str, str],
)


class Which(ShortPaging):
    environment: str = ""
    kind: str = ""
    q: str = ""
    archived: bool = False


class NewTarget(Input):
    """`kind` is `session_store`, `config_file`, `adapter_project`, `database` or `worker_pool`, `config` what the
    fields of that kind say. Credentials go into `secrets`, where they are sealed and never shown."""

    environment_id: int
    name: str
    kind: str = "session_store"
    config: dict[str, Any]
    secrets: dict[str, str] = {}


class TargetChange(Input):
    """`version` is the one that was read, unless `If-Match` says it. What is left out stays; a secret given as null is
    removed."""

    version: int | None = None
    config: dict[str, Any] | None = None
    secrets: dict[str, str | None] | None = None


@router.get("", response=Page[TargetRow])
def list_targets(request: ApiRequest, which: Query[Which]) -> Any:
    return whole(reads.list_targets(actor=request.auth, filters=TargetFilters(**which.filters())), which)


@router.post("", response={201: TargetDetail})
def create_target(request: ApiRequest, body: NewTarget) -> Any:
    target_id = targets.create(actor=request.auth, now=now(), **body.model_dump())
    return Status(201, _detail(request.auth, target_id))


@router.get("/{int:target_id}", response=TargetDetail)
def get_target(request: ApiRequest, response: HttpResponse, target_id: int) -> Any:
    return tagged(response, _detail(request.auth, target_id))


@router.patch("/{int:target_id}", response=TargetDetail)
def change_target(request: ApiRequest, response: HttpResponse, target_id: int, body: TargetChange) -> Any:
    newest = lambda: reads.target_row(actor=request.auth, target_id=target_id).version  # noqa: E731
    change = body.model_dump(exclude_unset=True) | {"version": version_to_edit(request, body.version, newest)}
    targets.edit(actor=request.auth, now=now(), target_id=target_id, **change)
    return tagged(response, _detail(request.auth, target_id))


@router.post("/{int:target_id}/test", response=TargetDetail)
def test_target(request: ApiRequest, target_id: int) -> Any:
    """Look at the target now. What was found, good or bad, is in `health`, `health_message` and `facts`."""
    targets.test(actor=request.auth, now=now(), target_id=target_id)
    return _detail(request.auth, target_id)


def _detail(actor: Actor, target_id: int) -> dict[str, Any]:
    page: TargetPage = reads.target_page(actor=actor, target_id=target_id)
    return flat(
        page.row,
        config=page.config,
        secret_names=page.secret_names,
        facts=dict(page.facts),
        fingerprint=dict(page.fingerprint),
    )
