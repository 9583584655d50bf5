"""Sending the report of a run: a message of its own for each receiver, with the log and the tries of any other.

Mails carry the report in the forms that were chosen; they are made when the message goes out, by whichever worker
sends it. Webhooks and chat rooms are told where it stands: an error may quote data, and they are outside. At the end of
a run it goes by itself where an alert rule says so.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from migrations_app.engine.alerts import filled, quiet_until
from migrations_app.engine.crash_points import reach
from migrations_app.engine.webhooks import DeliveryState, WebhookKind
from migrations_app.models import AlertChannel, AlertRule, Delivery, Person, Run
from migrations_app.models.actor import Actor
from migrations_app.runtime import alerting, outbox
from migrations_app.runtime.audit import instant
from migrations_app.selectors.access import access_of
from migrations_app.selectors.report_receivers import address_for, followers_of, reachable_channels, reachable_people
from migrations_app.selectors.reports.forms import ReportForm
from migrations_app.selectors.reports.journal_rows import Reached
from migrations_app.selectors.reports.model import AuditPosition
from migrations_app.selectors.reports.reading import report_content, report_of
from migrations_app.selectors.run_visibility import visible_run
from migrations_app.selectors.state_words import words
from migrations_app.services import audit
from migrations_app.services.actor import SYSTEM
from migrations_app.services.checking import Check
from migrations_app.services.errors import NotFound
from migrations_app.services.operation import operation
from migrations_app.services.permissions import Permission, require
from migrations_app.services.run_reports import written

MOST_RECEIVERS = 50
ATTACHED = (ReportForm.PDF, ReportForm.HTML)
MOST_SUBJECT = 180
_Receiver = AlertChannel | Person


@operation("run.send_report", about="run")
def send(
    *,
    actor: Actor,
    now: datetime,
    run_id: int,
    channels: Iterable[int] = (),
    people: Iterable[int] = (),
    followers: bool = False,
    forms: Iterable[ReportForm] = ATTACHED,
) -> int:
    """How many messages are new; whoever the same still waits for gets no second one.

    Raises NotFound, PermissionDenied, and InvalidInput for receivers that are unknown or may not see the run.
    """
    run = visible_run(actor, run_id)
    environment = run.migration.environment
    require(actor, Permission.CONTROL, environment)
    Run.objects.select_for_update().get(pk=run.pk)  # two who press at once are one after the other
    chosen = _forms(forms)
    receivers = _receivers(actor, run, channels, people, followers)
    waiting = _waiting_for(run, chosen)
    due = {receiver: now for receiver in receivers if _key(receiver) not in waiting}
    if due:
        text = f"{_text(run)}\n\n{actor.username} sends you its report: {alerting.link_to(_path(run))}\n"
        _put(actor, run, due, dict.fromkeys(due, text), chosen, now)
    return len(due)


@transaction.atomic
def send_at_end(*, run_id: int, seq: int, now: datetime) -> int:
    """What the rules of its environment say; how many messages. Workers call this for each offer of the outbox.

    The row of the outbox is claimed in the transaction of the messages: whoever dies in between leaves neither, and
    of two workers one does it.
    """
    if not outbox.mark_claimed(outbox.SEND_REPORTS, [run_id, seq], now):
        return 0
    run = Run.objects.select_related("migration__environment", "environment", "started_by").get(pk=run_id)
    due: dict[_Receiver, datetime] = {}
    texts: dict[_Receiver, str] = {}
    allowed = {person.pk for person in reachable_people(run.environment_id)}
    for rule in alerting.rules_for_reports(run.environment_id):
        found: list[_Receiver] = list(rule.channels.filter(archived_at=None).select_related("webhook"))
        found = [one for one in found if isinstance(one, AlertChannel) and _may_hear(one, run)]
        if rule.followers:
            found += [person for person in followers_of(run) if person.pk in allowed]
        at = quiet_until(now, rule.zone, rule.quiet_from, rule.quiet_to) or now
        for receiver in found:
            due[receiver] = min(at, due.get(receiver, at))
            texts.setdefault(receiver, _by_rule(rule, run, now))
    if due:
        _put(SYSTEM, run, due, texts, ATTACHED, now)
    reach("report.queued")
    return len(due)


def attachments(said: Mapping[str, Any], reached: Reached | None = None) -> list[tuple[str, bytes, str]]:
    """Name, content and media type of what a mail with this message carries. Raises NotFound.

    `reached` is called now and then while the journal is read.
    """
    run_id, at = int(said["run"]), datetime.fromisoformat(said["at"])
    content = report_content(actor=SYSTEM, run_id=run_id, now=at, whole=True, reached=reached)
    report = report_of(content, now=at, by=said["by"], audit=AuditPosition(**said["audit"]))
    return [
        (form.name_of(run_id), b"".join(written(report, form, SYSTEM)), form.media_type.partition(";")[0])
        for form in map(ReportForm, said.get("forms", ATTACHED))
    ]


def address_of(delivery: Delivery) -> str:
    """Of the person whom it goes to, as of now. Raises NotFound where they may not have it any more."""
    if delivery.person is None or delivery.run is None:
        raise NotFound("The run or the person is not there any more; nothing was sent.")
    return address_for(delivery.person, delivery.run.environment_id)


def _put(
    actor: Actor,
    run: Run,
    due: Mapping[_Receiver, datetime],
    texts: Mapping[_Receiver, str],
    forms: tuple[ReportForm, ...],
    now: datetime,
) -> None:
    """One entry, and a message for each, in the caller's transaction."""
    entry = audit.record(
        actor=actor,
        now=now,
        action="run.send_report",
        object_type="run",
        object_id=run.pk,
        environment=run.migration.environment.name,
        after={
            "title": run.migration.title,
            "channels": [one.name for one in due if isinstance(one, AlertChannel)],
            "people": [one.username for one in due if isinstance(one, Person)],
            "forms": [form.value for form in forms],
        },
    )
    for receiver, at in due.items():
        said: dict[str, object] = {
            "subject": " ".join(f"[Snakeweb] Report: {_text(run)}".split())[:MOST_SUBJECT],
            "text": texts[receiver],
            "run": run.pk,
            "environment": run.migration.environment.name,
            "path": _path(run),
            "forms": [form.value for form in forms],
            "by": actor.username,
            "at": instant(now),
            "audit": {"seq": entry.seq, "hash": entry.hash},
        }
        alerting.put(receiver, said, now=now, due=at, run=run, kind=WebhookKind.RUN_REPORT)


def _text(run: Run) -> str:
    environment = run.migration.environment.name
    return f"“{run.migration.title}”: {words(run.kind)} {run.pk} in {environment} is {words(run.state)}."


def _path(run: Run) -> str:
    return f"/runs/{run.pk}/report/"


def _by_rule(rule: AlertRule, run: Run, now: datetime) -> str:
    values = {
        "rule": rule.name,
        "cause": "a run ended",
        "text": _text(run),
        "environment": run.migration.environment.name,
        "title": run.migration.title,
        "run": str(run.pk),
        "at": f"{run.ended_at or now:%Y-%m-%d %H:%M} UTC",
        "link": alerting.link_to(_path(run)),
    }
    return filled(rule.template, values)


def _may_hear(channel: AlertChannel, run: Run) -> bool:
    return channel.webhook is None or channel.webhook.environment_id in (None, run.environment_id)


def _key(receiver: _Receiver) -> tuple[str, int]:
    return type(receiver).__name__, receiver.pk


def _waiting_for(run: Run, forms: tuple[ReportForm, ...]) -> set[tuple[str, int]]:
    """Receivers to whom this report is on its way in the same forms."""
    rows = Delivery.objects.filter(run=run, kind=WebhookKind.RUN_REPORT, state=DeliveryState.WAITING)
    same = [row for row in rows if json.loads(row.body)["data"].get("forms") == [form.value for form in forms]]
    return {
        (AlertChannel.__name__, row.channel_id) if row.channel_id else (Person.__name__, row.person_id or 0)
        for row in same
    }


def _forms(wanted: Iterable[ReportForm]) -> tuple[ReportForm, ...]:
    asked = set(wanted)
    forms = tuple(form for form in ReportForm if form in asked)
    check = Check()
    if not forms:
        check.problem(
            "forms", "In which form it is sent is not said.", "Choose PDF, HTML, Markdown or JSON.", "required"
        )
    check.done()
    return forms


def _receivers(
    actor: Actor, run: Run, channels: Iterable[int], people: Iterable[int], followers: bool
) -> list[_Receiver]:
    check = Check()
    channel_ids, person_ids = set(channels), set(people)
    reachable = reachable_channels(access_of(actor), run.environment_id)
    found: list[_Receiver] = [row for row in reachable if row.pk in channel_ids]
    if len(found) != len(channel_ids):
        said = "One of these channels is not there, or no alert rule of this environment goes through it."
        check.problem("channels", said, "Choose from the list.", "unknown")
    present = {person.pk: person for person in reachable_people(run.environment_id)}
    if not person_ids <= set(present):
        said = "One of these people may not see the run, or has no verified address."
        check.problem("people", said, "Choose from the list.", "unknown")
    wanted = person_ids | ({person.pk for person in followers_of(run)} if followers else set())
    found += [person for pk, person in present.items() if pk in wanted]
    if not check.problems and not 0 < len(found) <= MOST_RECEIVERS:
        said = f"Choose whom it goes to, at most {MOST_RECEIVERS}."
        check.problem("channels", "Nobody would get it." if not found else "These are too many.", said, "required")
    check.done()
    return found
