"""The channels of alerts under Settings: made, tried, changed, archived and brought back."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from migrations_app.engine.alerts import ChannelKind
from migrations_app.selectors.alerts import ChannelRow, channel_row, may_change_channels, webhooks_for_channels
from migrations_app.services import alert_channels, alerts
from migrations_app.services.errors import InvalidInput, StaleEdit
from migrations_app.web.archives import Archive, asked_for, restoring
from migrations_app.web.edited_meanwhile import EditedForm, seen_in, sent_as, status_of, typed, unsaved
from migrations_app.web.numbers import identifier
from migrations_app.web.problems import ProblemsByField
from migrations_app.web.requests import PageRequest


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def alert_channel_new(request: PageRequest) -> HttpResponse:
    problems = ProblemsByField()
    if request.method == "POST":
        try:
            made = alert_channels.create(
                actor=request.actor,
                now=timezone.now(),
                name=request.POST.get("name", ""),
                kind=request.POST.get("kind", ""),
                address=request.POST.get("address", ""),
                webhook_id=identifier(request.POST.get("webhook_id")),
            )
        except InvalidInput as refused:
            problems = ProblemsByField(refused.problems)
        else:
            messages.success(request, "The channel is there: send a test through it.")
            return redirect("alert_channel", made)
    context = {
        "problems": problems,
        "values": request.POST if problems else {"kind": "mail"},
        "kinds": ChannelKind,
        "webhooks": webhooks_for_channels(actor=request.actor),
    }
    return render(request, "alerts/channel_form.html", context, status=422 if problems else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def alert_channel(request: PageRequest, alert_channel_id: int) -> HttpResponse:
    """A sealed address stays as it is where nothing is typed. Bringing it back saves what else stands in the form,
    archiving does not."""
    row = channel_row(actor=request.actor, alert_channel_id=alert_channel_id)
    problems, meanwhile = ProblemsByField(), None
    if request.method == "POST":
        archived = asked_for(request.POST)
        address = request.POST.get("address", "")
        typed_in = {"name": request.POST.get("name", ""), "address": None if _keeps(row, address) else address}
        try:
            alert_channels.edit(
                actor=request.actor,
                now=timezone.now(),
                alert_channel_id=alert_channel_id,
                archived=archived,
                seen=seen_in(request.POST),
                **({} if archived else typed_in),
            )
        except InvalidInput as refused:
            problems = ProblemsByField(refused.problems)
        except StaleEdit:
            row = channel_row(actor=request.actor, alert_channel_id=alert_channel_id)
            asked = archived is not None and archived != row.archived
            meanwhile = unsaved(_edited(row), request, asked=asked)
        if not problems and not meanwhile:
            CHANNELS.tell(request, alert_channel_id, archived)
            return redirect("alert_list") if archived else redirect("alert_channel", alert_channel_id)
    edited = _edited(row)
    context = {
        "row": row,
        "may_change": may_change_channels(actor=request.actor),
        "problems": problems,
        "values": meanwhile.values if meanwhile else request.POST if problems else edited.stored,
        "edited": edited,
        "meanwhile": meanwhile,
    }
    return render(request, "alerts/channel.html", context, status=status_of(meanwhile, problems))


@require_POST
@login_required
def alert_channel_test(request: PageRequest, alert_channel_id: int) -> HttpResponse:
    done = alerts.test_channel(actor=request.actor, now=timezone.now(), alert_channel_id=alert_channel_id)
    if done.arrived:
        messages.success(request, "The test was handed over.")
    else:
        messages.error(request, f"The test was not taken. {done.said}")
    return redirect("alert_channel", alert_channel_id)


@require_POST
@login_required
def alert_channel_archive(request: PageRequest, alert_channel_id: int) -> HttpResponse:
    seen = seen_in(request.POST)
    alert_channels.edit(
        actor=request.actor, now=timezone.now(), alert_channel_id=alert_channel_id, archived=True, seen=seen
    )
    CHANNELS.tell(request, alert_channel_id, asked=True)
    return redirect("alert_list")


def _carries(row: ChannelRow) -> str:
    if row.silent:
        return f"Brought back. Nothing goes through it all the same: {row.silent}."
    return "Brought back: alerts go through it again."


CHANNELS: Archive[ChannelRow] = Archive(
    key="alert_channel_id",
    page="alert_channel",
    restore="alert_channel_restore",
    read=lambda request, key: channel_row(actor=request.actor, alert_channel_id=key),
    edit=alert_channels.edit,
    about=lambda row: f"{row.kind} · {row.address}",
    gone="Archived: nothing goes through it any more.",
    back=_carries,
    listed=lambda row: reverse("alert_list"),
)
alert_channel_restore = restoring(CHANNELS)


def _keeps(row: ChannelRow, address: str) -> bool:
    return row.kind == ChannelKind.WEBHOOK or (row.kind == ChannelKind.APPRISE and not address.strip())


def _edited(row: ChannelRow) -> EditedForm:
    mail = row.kind == ChannelKind.MAIL
    fields = (typed("name", "Name"), *((typed("address", "Address"),) if mail else ()))
    stored = sent_as({"name": row.name, "address": row.address if mail else ""})
    facts = {"Archived": "yes" if row.archived else "no"} | ({} if mail else {"Address": row.address})
    sealed = {} if mail else {"address": "New address"}
    return EditedForm("alert_channel", row.id, ("alert_channel.edit",), row.version, fields, stored, facts, sealed)
