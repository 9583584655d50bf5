"""Alerts under Settings: those that are open, the rules that fire them, the channels they go through."""

import datetime
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from migrations_app.engine.alerts import DEFAULT_TEMPLATE, LIMITS, PLACEHOLDERS, AlertCause
from migrations_app.selectors import alerts as reads
from migrations_app.selectors.alerts import ChannelRow, RuleRow
from migrations_app.selectors.environments import list_environments
from migrations_app.services import alerts
from migrations_app.services.alerts import RuleWish
from migrations_app.services.errors import InvalidInput, StaleEdit
from migrations_app.web.alert_channels import CHANNELS
from migrations_app.web.archives import Archive, asked_for, restoring
from migrations_app.web.edited_meanwhile import (
    EditedForm,
    Meanwhile,
    Sent,
    chosen,
    seen_in,
    sent_as,
    status_of,
    ticked,
    typed,
    unsaved,
)
from migrations_app.web.numbers import identifier, whole_number
from migrations_app.web.problems import ProblemsByField
from migrations_app.web.requests import PageRequest


@require_safe
@login_required
def alert_list(request: PageRequest) -> HttpResponse:
    past = request.GET.get("past") == "1"
    manages = reads.may_manage(actor=request.actor)
    rules = reads.list_rules(actor=request.actor, archived=True) if manages else ()
    channels = reads.list_channels(actor=request.actor, archived=True) if manages else ()
    context = {
        "past": past,
        "listing": reads.list_alerts(actor=request.actor, past=past, cursor=request.GET.get("cursor", "")),
        "manages": manages,
        "may_change": reads.may_change_channels(actor=request.actor),
        "rules": [one for one in rules if not one.archived],
        "archived_rules": RULES.lines(rules),
        "channels": [one for one in channels if not one.archived],
        "archived_channels": CHANNELS.lines(channels),
    }
    return render(request, "alerts/list.html", context)


@require_POST
@login_required
def alert_acknowledge(request: PageRequest, alert_id: int) -> HttpResponse:
    alerts.acknowledge(actor=request.actor, now=timezone.now(), alert_id=alert_id)
    messages.success(request, "Acknowledged: it escalates no more.")
    return redirect("alert_list")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def alert_rule_new(request: PageRequest) -> HttpResponse:
    problems = ProblemsByField()
    if request.method == "POST":
        try:
            made = alerts.create_rule(actor=request.actor, now=timezone.now(), wish=_wish(request.POST))
        except InvalidInput as refused:
            problems = ProblemsByField(refused.problems)
        else:
            messages.success(request, "The rule is set.")
            return redirect("alert_rule", made)
    return _rule_form(request, None, problems)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def alert_rule(request: PageRequest, alert_rule_id: int) -> HttpResponse:
    row = reads.rule_row(actor=request.actor, alert_rule_id=alert_rule_id)
    problems, meanwhile = ProblemsByField(), None
    if request.method == "POST":
        archived = asked_for(request.POST)
        try:
            alerts.edit_rule(
                actor=request.actor,
                now=timezone.now(),
                alert_rule_id=alert_rule_id,
                wish=None if archived else _wish(request.POST),
                archived=archived,
                seen=seen_in(request.POST),
            )
        except InvalidInput as refused:
            problems = ProblemsByField(refused.problems)
        except StaleEdit:
            row = reads.rule_row(actor=request.actor, alert_rule_id=alert_rule_id)
            asked = archived is not None and archived != row.archived
            meanwhile = unsaved(_edited(request, row), request, asked=asked)
        if not problems and not meanwhile:
            RULES.tell(request, alert_rule_id, archived)
            return redirect("alert_list") if archived else redirect("alert_rule", alert_rule_id)
    return _rule_form(request, row, problems, meanwhile)


@require_POST
@login_required
def alert_rule_test(request: PageRequest, alert_rule_id: int) -> HttpResponse:
    count = alerts.test_rule(actor=request.actor, now=timezone.now(), alert_rule_id=alert_rule_id)
    if count:
        messages.success(request, f"A test goes through {count} channel{'s' if count != 1 else ''}.")
    else:
        messages.error(request, "Nothing was sent: nothing goes through any channel of this rule.")
    return redirect("alert_rule", alert_rule_id)


def _fires(row: RuleRow) -> str:
    if not row.enabled:
        return "Brought back. It is switched off and does not fire."
    return "Brought back: it fires again." if row.told else "Brought back. It fires, and tells nobody."


RULES: Archive[RuleRow] = Archive(
    key="alert_rule_id",
    page="alert_rule",
    restore="alert_rule_restore",
    read=lambda request, key: reads.rule_row(actor=request.actor, alert_rule_id=key),
    edit=alerts.edit_rule,
    about=lambda row: f"{row.words} · {row.environment or 'every environment'}",
    gone="Archived: it fires no more.",
    back=_fires,
    listed=lambda row: reverse("alert_list"),
)
alert_rule_restore = restoring(RULES)


def _wish(posted: QueryDict) -> RuleWish:
    def number(name: str) -> Any:
        return whole_number(posted.get(name, "")) if posted.get(name, "").strip() else None

    cause = posted.get("cause", "")
    return RuleWish(
        name=posted.get("name", ""),
        cause=cause,
        environment_id=identifier(posted.get("environment")),
        limit=number("limit") if cause in LIMITS else None,
        template=posted.get("template", "").replace("\r\n", "\n"),
        channels=[one for one in map(identifier, posted.getlist("channels")) if one],
        zone=posted.get("zone", ""),
        quiet_from=_time(posted.get("quiet_from", "")),
        quiet_to=_time(posted.get("quiet_to", "")),
        repeat_minutes=number("repeat_minutes") or 60,
        escalate_minutes=number("escalate_minutes"),
        escalation_channels=[one for one in map(identifier, posted.getlist("escalation_channels")) if one],
        followers="followers" in posted,
        enabled="enabled" in posted,
    )


def _time(text: str) -> Any:
    """What is no time stays what it is: the service says so."""
    try:
        return datetime.time.fromisoformat(text.strip()) if text.strip() else None
    except ValueError:
        return text


def _rule_form(
    request: PageRequest, row: RuleRow | None, problems: ProblemsByField, meanwhile: Meanwhile | None = None
) -> HttpResponse:
    values = meanwhile.values if meanwhile else request.POST if problems else _stored(row)
    known = reads.list_channels(actor=request.actor, archived=True)
    context = {
        "row": row,
        "problems": problems,
        "values": values,
        "chosen": values.getlist("channels"),
        "escalates_to": values.getlist("escalation_channels"),
        "causes": [(cause, cause.words, LIMITS.get(cause)) for cause in AlertCause],
        "channels": _offered(known, row.channels if row else ()),
        "silent": [one for one in known if row and one.id in row.channels and one.silent],
        "silent_later": [one for one in known if row and one.id in row.escalation_channels and one.silent],
        "escalation_channels": _offered(known, row.escalation_channels if row else ()),
        "may_change": reads.may_change_channels(actor=request.actor),
        "places": list_environments(actor=request.actor),
        "placeholders": PLACEHOLDERS.items(),
        "edited": _edited(request, row) if row else None,
        "meanwhile": meanwhile,
    }
    return render(request, "alerts/rule_form.html", context, status=status_of(meanwhile, problems))


def _offered(known: Sequence[ChannelRow], has: Sequence[int]) -> list[ChannelRow]:
    """Of archived channels only those that the rule has: saving it takes none of them away unasked."""
    return [one for one in known if not one.archived or one.id in has]


def _edited(request: PageRequest, row: RuleRow) -> EditedForm:
    names = {str(one.id): one.name for one in reads.list_channels(actor=request.actor, archived=True)}
    fields = (
        typed("name", "Name"),
        chosen("cause", "When", {str(cause.value): cause.words for cause in AlertCause}),
        typed("limit", "Limit"),
        chosen("channels", "Tell", names),
        ticked("followers", "Also whoever follows the migration"),
        typed("template", "Text"),
        typed("repeat_minutes", "Not again within, in minutes"),
        typed("zone", "Time zone"),
        typed("quiet_from", "Quiet from"),
        typed("quiet_to", "Quiet to"),
        typed("escalate_minutes", "Escalate after, in minutes"),
        chosen("escalation_channels", "Then also tell", names),
        ticked("enabled", "Switched on"),
    )
    facts = {"Archived": "yes" if row.archived else "no"}
    return EditedForm("alert_rule", row.id, ("alert_rule.edit",), row.version, fields, _stored(row), facts)


def _stored(row: RuleRow | None) -> Sent:
    if row is None:
        return sent_as({"template": DEFAULT_TEMPLATE, "zone": "UTC", "repeat_minutes": "60", "enabled": "1"})
    return sent_as(
        {
            "name": row.name,
            "cause": str(row.cause),
            "limit": "" if row.limit is None else str(row.limit),
            "channels": [str(one) for one in row.channels],
            "template": row.template,
            "zone": row.zone,
            "quiet_from": f"{row.quiet_from:%H:%M}" if row.quiet_from else "",
            "quiet_to": f"{row.quiet_to:%H:%M}" if row.quiet_to else "",
            "repeat_minutes": str(row.repeat_minutes),
            "escalate_minutes": str(row.escalate_minutes or ""),
            "escalation_channels": [str(one) for one in row.escalation_channels],
            "followers": "1" if row.followers else "",
            "enabled": "1" if row.enabled else "",
        }
    )
