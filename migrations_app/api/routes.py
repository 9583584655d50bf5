"""Route records for the services that follow them: a long poll, and leases (token scope `route`)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from asgiref.sync import sync_to_async
from ninja import Query, Router, Schema, Status
from pydantic import Field

from migrations_app.api.callers import ASYNC_CALLERS, ApiRequest, now
from migrations_app.api.route_epochs import PUBLISHED
from migrations_app.api.schemas import Input
from migrations_app.engine.ports import RouteRecord
from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.routing.record import to_document
from migrations_app.runtime.clock import database_now
from migrations_app.selectors import routes as reads
from migrations_app.services import routes

router = Router(tags=["routes"])

LONGEST_WAIT = 25  # seconds; below what proxies allow a request
USUAL_WAIT = 8  # seconds; below the ten after which our own client gives an answer up


class Bucket(Schema):
    """The sessions whose bucket number is from `from` to `to`, both included."""

    from_: Annotated[int, Field(alias="from")]
    to: int
    phase: RoutePhase
    epoch: int
    authority: str


class RouteDocument(Schema):
    """`stores` maps side (a, b) to a target's name; a bucket's `authority` is the side that serves its sessions.

    `phase` and `authority` hold where the ranges do not differ. `fenced`: the stores check epochs, as the client
    protocol describes; else operations are plain. `handoff_over`: the deadline is over by the control
    plane's clock.
    """

    name: str
    epoch: int
    buckets: list[Bucket]
    stores: Mapping[str, str]
    handoff_deadline: datetime | None
    handoff_over: bool
    phase: RoutePhase
    authority: str
    fenced: bool


class Since(Schema):
    """Answered at once when the route's epoch is above `after`, else when it changes or after `wait` seconds."""

    after: Annotated[int, Field(ge=0)] = 0
    wait: Annotated[int, Field(ge=0, le=LONGEST_WAIT)] = USUAL_WAIT


class Lease(Input):
    boot_id: str
    acked_epoch: int
    build: str = ""
    counters: dict[str, int] = {}
    max_acked_seq: int = 0


class Opening(Input):
    """`target_id` is the store that serves now."""

    name: str
    target_id: int


class ClientRow(Schema):
    """A process that follows the route, by its newest lease. Who lacks the router is not among them."""

    client_id: str
    acked_epoch: int
    build: str
    renewed_at: datetime
    expires_at: datetime


@router.post("", response={201: RouteDocument}, by_alias=True)
def open_route(request: ApiRequest, body: Opening) -> Any:
    """Let services follow a store before anything is migrated."""
    opened = routes.open_route(actor=request.auth, now=now(), target_id=body.target_id, name=body.name)
    return Status(201, _document(opened.record))


@router.get("/{name}/leases", response=list[ClientRow])
def route_leases(request: ApiRequest, name: str) -> Any:
    return reads.route_clients(actor=request.auth, name=name)


@router.get("/{name}", response=RouteDocument, auth=ASYNC_CALLERS, by_alias=True)
async def get_route(request: ApiRequest, name: str, since: Query[Since]) -> Any:
    read = sync_to_async(reads.route)
    route = await read(actor=request.auth, name=name)
    if route.epoch <= since.after and await PUBLISHED.waited_beyond(name, since.after, since.wait):
        route = await read(actor=request.auth, name=name)
    return await sync_to_async(_document)(route.record)


@router.put("/{name}/leases/{client_id}", response=RouteDocument, by_alias=True)
def renew_lease(request: ApiRequest, name: str, client_id: str, body: Lease) -> Any:
    """A client says how far it has come; its answer is the route as it is now."""
    renewed = routes.renew_lease(actor=request.auth, now=now(), name=name, client_id=client_id, **body.model_dump())
    return _document(renewed.record)


def _document(record: RouteRecord) -> Mapping[str, Any]:
    return to_document(record, database_now() if record.handoff_deadline else now())
