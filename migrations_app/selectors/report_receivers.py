"""Who the report of a run can be sent to, and what became of those that were sent.

Only whoever may see the environment gets one: people with a role there and a verified address, and channels that an
admin has had an alert rule of the environment (or of all) go through. Webhooks of another environment never.
"""

import json
from dataclasses import dataclass
from datetime import datetime

from allauth.account.models import EmailAddress
from django.db.models import Q, QuerySet

from migrations_app.engine.alerts import ChannelKind
from migrations_app.engine.webhooks import WebhookKind
from migrations_app.models import AlertChannel, AlertRule, Delivery, Person, Run, followers
from migrations_app.models.actor import Actor
from migrations_app.selectors.access import Access, Permission, access_of, held_by, people_who_see
from migrations_app.selectors.refusals import NotFound
from migrations_app.selectors.run_visibility import visible_run

MOST_SENT = 100


@dataclass(frozen=True, slots=True)
class ChannelChoice:
    id: int
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class PersonChoice:
    id: int
    name: str
    username: str


@dataclass(frozen=True, slots=True)
class ReportReceivers:
    """`followers`: names of those among `people` who started the run, own its migration or watch it."""

    channels: tuple[ChannelChoice, ...]
    people: tuple[PersonChoice, ...]
    followers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SentReport:
    """`said` is what came of the last try; `due_at` the next one, while it waits. `by`: who sent it."""

    id: int
    receiver: str
    kind: str
    forms: tuple[str, ...]
    by: str
    sent_at: datetime
    state: str
    tries: int
    due_at: datetime | None
    said: str


def report_receivers(*, actor: Actor, run_id: int) -> ReportReceivers | None:
    """None for whoever may not send it. Raises NotFound."""
    run = visible_run(actor, run_id)
    access = access_of(actor)
    if not access.can(Permission.CONTROL, run.environment_id):
        return None
    people = reachable_people(run.environment_id)
    following = {person.pk for person in followers_of(run)}
    return ReportReceivers(
        channels=tuple(
            ChannelChoice(row.pk, row.name, str(row.kind)) for row in reachable_channels(access, run.environment_id)
        ),
        people=tuple(PersonChoice(person.pk, str(person), person.username) for person in people),
        followers=tuple(str(person) for person in people if person.pk in following),
    )


def sent_reports(*, actor: Actor, run_id: int) -> tuple[SentReport, ...]:
    """Newest first, for whoever may send them or audits; nothing for others. Raises NotFound."""
    run = visible_run(actor, run_id)
    access = access_of(actor)
    if not any(access.can(needed, run.environment_id) for needed in (Permission.CONTROL, Permission.READ_AUDIT)):
        return ()
    rows = Delivery.objects.filter(run=run, kind=WebhookKind.RUN_REPORT).select_related("channel", "person")
    return tuple(map(_sent, rows.prefetch_related("log").order_by("-pk")[:MOST_SENT]))


def reachable_channels(access: Access, environment_id: int) -> QuerySet[AlertChannel]:
    """An admin of every environment may choose any; nobody a webhook that is another environment's."""
    here = Q(webhook=None) | Q(webhook__environment=None) | Q(webhook__environment=environment_id)
    rows = AlertChannel.objects.filter(here, archived_at=None).select_related("webhook")
    if access.can(Permission.MANAGE_ALERTS, None):
        return rows
    rules = AlertRule.objects.filter(Q(environment=None) | Q(environment=environment_id), archived_at=None)
    return rows.filter(Q(rules__in=rules) | Q(escalations__in=rules)).distinct()


def reachable_people(environment_id: int) -> list[Person]:
    known = set(EmailAddress.objects.filter(verified=True).values_list("user_id", flat=True))
    return [person for person in people_who_see(environment_id) if person.pk in known]


def followers_of(run: Run) -> list[Person]:
    """Whoever started it, and owner and watchers of its migration, where they may see it."""
    return list({person.pk: person for person in (run.started_by, *followers(run.migration))}.values())


def address_for(person: Person, environment_id: int) -> str:
    """Raises NotFound for whoever may not see the environment any more, or has no verified address."""
    if not person.is_active or not held_by(person).can(Permission.VIEW, environment_id):
        raise NotFound(f"{person.username} may not see the run any more; nothing was sent.")
    address = EmailAddress.objects.filter(user=person, verified=True).order_by("-primary", "pk").first()
    if address is None:
        raise NotFound(f"{person.username} has no verified address any more; nothing was sent.")
    return str(address.email)


def _sent(row: Delivery) -> SentReport:
    tried = list(row.log.all())
    said = json.loads(row.body)["data"]
    return SentReport(
        id=row.pk,
        receiver=row.channel.name if row.channel else str(row.person),
        kind=str(row.channel.kind) if row.channel else ChannelKind.MAIL.value,
        forms=tuple(said.get("forms", ())),
        by=said["by"],
        sent_at=row.created_at,
        state=str(row.state),
        tries=row.tries,
        due_at=row.due_at if row.ended_at is None else None,
        said=(tried[-1].said or f"answered {tried[-1].status}") if tried else "",
    )
