from typing import Any

from django.http import HttpResponse
from ninja import Query, Router, Status

from migrations_app.api.callers import ApiRequest, now
from migrations_app.api.preconditions import tagged, versions_seen
from migrations_app.api.schemas import Input, Page, ShortPaging, whole
from migrations_app.selectors import environments as reads
from migrations_app.selectors.environments import EnvironmentRow
from migrations_app.services import environments

router = Router(tags=["environments"])


class NewEnvironment(Input):
    name: str
    position: int | None = None
    protected: bool = False
    required_approvals: int = 0
    break_glass_allowed: bool = True
    description: str = ""


class EnvironmentChange(Input):
    """What is left out stays."""

    position: int | None = None
    protected: bool | None = None
    required_approvals: int | None = None
    break_glass_allowed: bool | None = None
    description: str | None = None


@router.get("", response=Page[EnvironmentRow])
def list_environments(request: ApiRequest, paging: Query[ShortPaging]) -> Any:
    """In the order of promotion."""
    return whole(reads.list_environments(actor=request.auth), paging)


@router.post("", response={201: EnvironmentRow})
def create_environment(request: ApiRequest, response: HttpResponse, body: NewEnvironment) -> Any:
    environment_id = environments.create(actor=request.auth, now=now(), **body.model_dump())
    return Status(201, tagged(response, reads.environment_row(actor=request.auth, environment_id=environment_id)))


@router.get("/{int:environment_id}", response=EnvironmentRow)
def get_environment(request: ApiRequest, response: HttpResponse, environment_id: int) -> Any:
    return tagged(response, reads.environment_row(actor=request.auth, environment_id=environment_id))


@router.patch("/{int:environment_id}", response=EnvironmentRow)
def change_environment(
    request: ApiRequest, response: HttpResponse, environment_id: int, body: EnvironmentChange
) -> Any:
    changes = body.model_dump(exclude_unset=True) | {"seen": versions_seen(request)}
    environments.edit(actor=request.auth, now=now(), environment_id=environment_id, **changes)
    return tagged(response, reads.environment_row(actor=request.auth, environment_id=environment_id))
