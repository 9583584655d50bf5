from datetime import datetime
from typing import Any

from django.http import HttpResponse
from ninja import Query, Router, Schema, Status

from migrations_app.api.callers import ApiRequest, now
from migrations_app.api.preconditions import tagged, versions_seen
from migrations_app.api.schemas import Input, Page, Paging, ShortPaging, page, whole
from migrations_app.selectors import webhooks as reads
from migrations_app.selectors.webhooks import DeliveryRow, WebhookRow
from migrations_app.services import webhooks

router = Router(tags=["webhooks"])


class Which(ShortPaging):
    archived: bool = False


class NewWebhook(Input):
    """Without `environment_id` it is of every environment. `kinds` such as run.failed, review.submitted."""

    name: str
    address: str
    kinds: list[str]
    environment_id: int | None = None


class WebhookChange(Input):
    """What is left out stays. `enabled`: true also brings back one that was ended."""

    name: str | None = None
    address: str | None = None
    kinds: list[str] | None = None
    enabled: bool | None = None
    archived: bool | None = None


class ShownSecret(Schema):
    """`secret` is shown this once. Until `earlier_until` the one before it signs too."""

    id: int
    secret: str
    earlier_until: datetime | None


class Tested(Schema):
    """`status` is null without an answer; `said` is its first bytes, or why there was none."""

    arrived: bool
    status: int | None
    milliseconds: int
    said: str


@router.get("", response=Page[WebhookRow])
def list_webhooks(request: ApiRequest, which: Query[Which]) -> Any:
    return whole(reads.list_webhooks(actor=request.auth, archived=which.archived), which)


@router.post("", response={201: ShownSecret})
def create_webhook(request: ApiRequest, response: HttpResponse, body: NewWebhook) -> Any:
    made = webhooks.create(actor=request.auth, now=now(), **body.model_dump())
    response["Cache-Control"] = "no-store"  # also keeps it out of the answers kept for a repeated request
    return Status(201, made)


@router.get("/{int:webhook_id}", response=WebhookRow)
def get_webhook(request: ApiRequest, response: HttpResponse, webhook_id: int) -> Any:
    return tagged(response, reads.webhook_row(actor=request.auth, webhook_id=webhook_id))


@router.patch("/{int:webhook_id}", response=WebhookRow)
def change_webhook(request: ApiRequest, response: HttpResponse, webhook_id: int, body: WebhookChange) -> Any:
    change = body.model_dump(exclude_unset=True) | {"seen": versions_seen(request)}
    webhooks.edit(actor=request.auth, now=now(), webhook_id=webhook_id, **change)
    return tagged(response, reads.webhook_row(actor=request.auth, webhook_id=webhook_id))


@router.post("/{int:webhook_id}/rotate", response=ShownSecret)
def rotate_webhook_secret(request: ApiRequest, response: HttpResponse, webhook_id: int) -> Any:
    """A new signing secret; for a day the earlier one signs too."""
    made = webhooks.rotate(actor=request.auth, now=now(), webhook_id=webhook_id)
    response["Cache-Control"] = "no-store"
    return made


@router.post("/{int:webhook_id}/test", response=Tested)
def test_webhook(request: ApiRequest, webhook_id: int) -> Any:
    """Sends `webhook.test` at once, and says what came back."""
    outcome = webhooks.test(actor=request.auth, now=now(), webhook_id=webhook_id)
    return {
        "arrived": outcome.arrived,
        "status": outcome.status,
        "milliseconds": outcome.milliseconds,
        "said": outcome.said,
    }


@router.get("/{int:webhook_id}/deliveries", response=Page[DeliveryRow])
def list_webhook_deliveries(request: ApiRequest, webhook_id: int, paging: Query[Paging]) -> Any:
    return page(reads.list_deliveries(actor=request.auth, webhook_id=webhook_id, **paging.model_dump()))


@router.post("/{int:webhook_id}/deliveries/{int:delivery_id}/redeliver", response={202: None})
def redeliver_webhook(request: ApiRequest, webhook_id: int, delivery_id: int) -> Any:
    """Sends a message again under its own `webhook-id`."""
    webhooks.redeliver(actor=request.auth, now=now(), webhook_id=webhook_id, delivery_id=delivery_id)
    return Status(202, None)
