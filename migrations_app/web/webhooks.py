"""Webhooks under Settings: what is sent where, with which secret, and what came of it."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from migrations_app.engine.webhooks import SUBSCRIBABLE, WebhookState
from migrations_app.selectors.environments import list_environments
from migrations_app.selectors.webhooks import WebhookRow, list_deliveries, list_webhooks, webhook_row
from migrations_app.services import webhooks
from migrations_app.services.errors import InvalidInput, StaleEdit
from migrations_app.services.webhooks import NewSecret
from migrations_app.web.archives import Archive, asked_for, restoring
from migrations_app.web.edited_meanwhile import (
    EditedForm,
    Meanwhile,
    chosen,
    seen_in,
    sent_as,
    status_of,
    typed,
    unsaved,
)
from migrations_app.web.numbers import identifier
from migrations_app.web.problems import ProblemsByField
from migrations_app.web.requests import PageRequest

BEGINNING = ("run.succeeded", "run.failed", "run.rolled_back", "run.stuck")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def webhook_list(request: PageRequest) -> HttpResponse:
    made, problems = None, ProblemsByField()
    if request.method == "POST":
        try:
            made = webhooks.create(
                actor=request.actor,
                now=timezone.now(),
                name=request.POST.get("name", ""),
                address=request.POST.get("address", ""),
                kinds=request.POST.getlist("kinds"),
                environment_id=identifier(request.POST.get("environment")),
            )
        except InvalidInput as refused:
            problems = ProblemsByField(refused.problems)
    rows = list_webhooks(actor=request.actor, archived=True)
    context = {
        "rows": [one for one in rows if not one.archived],
        "archived": WEBHOOKS.lines(one for one in rows if not one.from_settings),  # those come back with the settings
        "made": made,
        "problems": problems,
        "kinds": SUBSCRIBABLE,
        "chosen": request.POST.getlist("kinds") if problems else BEGINNING,
        "places": list_environments(actor=request.actor),
        "values": request.POST if problems else {},
    }
    return render(request, "webhooks/list.html", context, status=422 if problems else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def webhook(request: PageRequest, webhook_id: int) -> HttpResponse:
    """A switch that is outdated says so and shows the page as it is now: nothing was typed."""
    row: WebhookRow | None = None
    problems, meanwhile = ProblemsByField(), None
    if request.method == "POST":
        archived = asked_for(request.POST)
        changes = {"archived": True} if archived else {**_changes(request.POST), "archived": archived}
        try:
            seen = seen_in(request.POST)
            webhooks.edit(actor=request.actor, now=timezone.now(), webhook_id=webhook_id, seen=seen, **changes)
        except InvalidInput as refused:
            problems = ProblemsByField(refused.problems)
        except StaleEdit:
            if "switch" in request.POST:
                raise
            row = webhook_row(actor=request.actor, webhook_id=webhook_id)
            meanwhile = unsaved(_edited(row), request, asked=archived is not None and archived != row.archived)
        if not problems and not meanwhile:
            WEBHOOKS.tell(request, webhook_id, archived)
            return redirect("webhook_list") if archived else redirect("webhook", webhook_id)
    row = row or webhook_row(actor=request.actor, webhook_id=webhook_id)
    return _shown(request, row, problems=problems, meanwhile=meanwhile)


@require_POST
@login_required
def webhook_test(request: PageRequest, webhook_id: int) -> HttpResponse:
    outcome = webhooks.test(actor=request.actor, now=timezone.now(), webhook_id=webhook_id)
    answer = f"answered {outcome.status}" if outcome.status else "did not answer"
    if outcome.arrived:
        messages.success(request, f"The test arrived: the receiver {answer} after {outcome.milliseconds} ms.")
    else:
        messages.error(request, f"The test did not arrive: the receiver {answer}. {outcome.said}".strip())
    return redirect("webhook", webhook_id)


@never_cache
@require_POST
@login_required
def webhook_rotate(request: PageRequest, webhook_id: int) -> HttpResponse:
    made = webhooks.rotate(actor=request.actor, now=timezone.now(), webhook_id=webhook_id)
    return _shown(request, webhook_row(actor=request.actor, webhook_id=webhook_id), made=made)


@require_POST
@login_required
def webhook_redeliver(request: PageRequest, webhook_id: int, delivery_id: int) -> HttpResponse:
    webhooks.redeliver(actor=request.actor, now=timezone.now(), webhook_id=webhook_id, delivery_id=delivery_id)
    messages.success(request, "It is sent again, under the same webhook-id.")
    return redirect("webhook", webhook_id)


def _changes(posted: Any) -> Mapping[str, Any]:
    """What the button that was pressed asks for; an empty address keeps the present one."""
    if "switch" in posted:
        return {"enabled": posted["switch"] == "on"}
    address = posted.get("address", "").strip()
    return {"name": posted.get("name", ""), "kinds": posted.getlist("kinds"), "address": address or None}


def _sends(row: WebhookRow) -> str:
    if row.state == WebhookState.ACTIVE:
        return "Brought back: what happens from now on is sent to it."
    return "Brought back. It is not active, so nothing is sent to it until it is switched on."


WEBHOOKS: Archive[WebhookRow] = Archive(
    key="webhook_id",
    page="webhook",
    restore="webhook_restore",
    read=lambda request, key: webhook_row(actor=request.actor, webhook_id=key),
    edit=webhooks.edit,
    about=lambda row: f"{row.address} · {row.environment or 'every environment'}",
    gone="Archived: nothing is sent to it any more.",
    back=_sends,
    listed=lambda row: reverse("webhook_list"),
)
webhook_restore = restoring(WEBHOOKS)


def _edited(row: WebhookRow) -> EditedForm:
    fields = (typed("name", "Name"), chosen("kinds", "Kinds of messages", {}))
    stored = sent_as({"name": row.name, "kinds": row.kinds})
    facts = {"Address": row.address, "State": str(row.state), "Archived": "yes" if row.archived else "no"}
    return EditedForm(
        "webhook", row.id, ("webhook.edit",), row.version, fields, stored, facts, sealed={"address": "Address"}
    )


def _shown(
    request: PageRequest,
    row: WebhookRow,
    *,
    problems: ProblemsByField | None = None,
    made: NewSecret | None = None,
    meanwhile: Meanwhile | None = None,
) -> HttpResponse:
    """`row` is the one that `meanwhile` compares with, so that saving once more is about what was shown."""
    found, edited = problems or ProblemsByField(), _edited(row)
    values = meanwhile.values if meanwhile else request.POST if found else edited.stored
    context = {
        "as_of": timezone.now(),
        "row": row,
        "active": row.state == WebhookState.ACTIVE and not row.archived,
        "made": made,
        "problems": found,
        "kinds": SUBSCRIBABLE,
        "chosen": values.getlist("kinds"),
        "values": values,
        "edited": edited,
        "meanwhile": meanwhile,
        "listing": list_deliveries(actor=request.actor, webhook_id=row.id, cursor=request.GET.get("cursor", "")),
    }
    return render(request, "webhooks/webhook.html", context, status=status_of(meanwhile, found))
