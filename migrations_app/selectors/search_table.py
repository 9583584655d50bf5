"""Everything that can be searched for, and who may find it: the one table. The next noun is one more row.

Its order is the order of equally good hits. `tests/selectors/test_search_table.py` opens the page of every hit, as
each role.
"""

import json
from typing import Any

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from migrations_app.models import (
    Alert,
    AlertChannel,
    AlertRule,
    ApiToken,
    AuditEntry,
    AuditHead,
    BreakGlass,
    Environment,
    Freeze,
    Invitation,
    MaintenanceWindow,
    Migration,
    Person,
    PlanRevision,
    Policy,
    RiskWaiver,
    Run,
    SavedFilter,
    Schedule,
    StoredSecret,
    Target,
    Webhook,
)
from migrations_app.selectors import alerts, freezes, policies, webhooks
from migrations_app.selectors.access import Permission, Scope
from migrations_app.selectors.audit_filters import ANYTHING, matching_entries
from migrations_app.selectors.audit_sentences import sentence
from migrations_app.selectors.search_nouns import Noun, Reader, SearchHit, states_of
from migrations_app.selectors.targets import address_of

MOST_AUDIT = 10_000  # of the newest entries words are looked for in; a number or a digest is found in any
_NOTHING = Q(pk__in=())


def _hit(
    row: Any, kind: str, title: str, subtitle: str, path: str, *, state: str = "", environment: Any = None
) -> SearchHit:
    return SearchHit(kind, row.pk, title, subtitle, state, str(environment or ""), path)


def _seen(rows: QuerySet[Any], reader: Reader, field: str = "environment") -> QuerySet[Any]:
    return rows.filter(reader.access.within(Permission.VIEW, field))


def _of_a_migration(rows: QuerySet[Any], reader: Reader) -> QuerySet[Any]:
    return _seen(rows.select_related("migration__environment"), reader, "migration__environment")


def _own(rows: QuerySet[Any], reader: Reader) -> QuerySet[Any]:
    """Theirs; nothing for a token that is there for something else than reading."""
    scopes = reader.access.scopes
    reads = scopes is None or Scope.READ in scopes
    return rows.filter(person_id=reader.actor.person_id or 0) if reads else rows.none()


def _migrations(reader: Reader) -> QuerySet[Any]:
    shown = ("title", "type", "status", "archived_at", "environment__name")
    return _seen(Migration.objects.select_related("environment").only(*shown), reader)


def _migration(row: Migration) -> SearchHit:
    archived = ", archived" if row.archived_at else ""
    subtitle = f"number {row.pk}, {row.get_type_display()}{archived}"
    path = f"/migrations/{row.pk}/"
    state = row.get_status_display()
    return _hit(row, "migration", row.title, subtitle, path, state=state, environment=row.environment)


def _runs(reader: Reader) -> QuerySet[Any]:
    shown = ("kind", "state", "migration__title", "environment__name")
    return _seen(Run.objects.select_related("migration", "environment").only(*shown), reader)


def _run(row: Run) -> SearchHit:
    subtitle = f"{row.get_kind_display()} of “{row.migration.title}”"
    state = row.get_state_display()
    return _hit(row, "run", f"Run {row.pk}", subtitle, f"/runs/{row.pk}/", state=state, environment=row.environment)


def _plans(reader: Reader) -> QuerySet[Any]:
    shown = ("digest", "number", "migration__title", "migration__environment__name")
    return _of_a_migration(PlanRevision.objects.all(), reader).only(*shown)


def _plan(row: PlanRevision) -> SearchHit:
    subtitle = f"revision {row.number} of “{row.migration.title}”"
    place = row.migration.environment
    return _hit(row, "plan", f"Plan {row.digest[:12]}", subtitle, f"/migrations/{row.migration_id}/", environment=place)


def _targets(reader: Reader) -> QuerySet[Any]:
    rows = Target.objects.annotate(written=Cast("config", TextField()))
    return _seen(rows.select_related("environment"), reader)


def _target(row: Target) -> SearchHit:
    archived = "archived" if row.archived_at else ""
    subtitle = f"{row.get_kind_display()}, {address_of(row.config)}".rstrip(", ")
    return _hit(row, "target", row.name, subtitle, f"/targets/{row.pk}/", state=archived, environment=row.environment)


def _environments(reader: Reader) -> QuerySet[Any]:
    return _seen(Environment.objects.all(), reader, "pk")


def _environment(row: Environment) -> SearchHit:
    return _hit(row, "environment", row.name, row.description, f"/environments/{row.pk}/", environment=row.name)


def _policies(reader: Reader) -> QuerySet[Any]:
    return Policy.objects.filter(policies.visible(reader.access))


def _policy(row: Policy) -> SearchHit:
    return _hit(row, "policy", row.name, "", f"/policies/{row.pk}/")


def _windows(reader: Reader) -> QuerySet[Any]:
    return _seen(MaintenanceWindow.objects.select_related("environment"), reader)


def _window(row: MaintenanceWindow) -> SearchHit:
    said = f"{row.minutes} minutes from {row.first_time:%H:%M}, {row.zone}"
    path, state = f"/environments/{row.environment_id}/", "archived" if row.archived_at else ""
    return _hit(row, "window", row.name, said, path, state=state, environment=row.environment)


def _freezes(reader: Reader) -> QuerySet[Any]:
    return Freeze.objects.filter(freezes.seen(reader.access)).select_related("environment")


def _freeze(row: Freeze) -> SearchHit:
    said = f"{row.begins_at:%Y-%m-%d %H:%M} to {row.ends_at:%Y-%m-%d %H:%M} UTC"
    lifted = "lifted" if row.lifted_at else ""
    path = f"/calendar/?month={row.begins_at:%Y-%m}"
    place = row.environment or freezes.EVERYWHERE
    return _hit(row, "freeze", row.reason, said, path, state=lifted, environment=place)


def _schedules(reader: Reader) -> QuerySet[Any]:
    return _of_a_migration(Schedule.objects.all(), reader)


def _schedule(row: Schedule) -> SearchHit:
    said = f"{row.get_kind_display()}, due {row.due_at:%Y-%m-%d %H:%M} UTC"
    path, state = f"/migrations/{row.migration_id}/", row.get_state_display()
    return _hit(row, "schedule", row.migration.title, said, path, state=state, environment=row.migration.environment)


def _waivers(reader: Reader) -> QuerySet[Any]:
    return _of_a_migration(RiskWaiver.objects.select_related("given_by"), reader)


def _waiver(row: RiskWaiver) -> SearchHit:
    said = f"waived by {row.given_by} until {row.until:%Y-%m-%d}: {row.reason}"
    ended = "ended" if row.ended_at else ""
    path = f"/migrations/{row.migration_id}/#risk"
    return _hit(row, "waiver", row.title, said, path, state=ended, environment=row.migration.environment)


def _break_glasses(reader: Reader) -> QuerySet[Any]:
    return _of_a_migration(BreakGlass.objects.select_related("person"), reader)


def _break_glass(row: BreakGlass) -> SearchHit:
    state = "closed" if row.closed_at else "open"
    title = f"{row.person} broke the glass for run {row.run_id}"
    return _hit(
        row,
        "break_glass",
        title,
        row.reason,
        f"/migrations/{row.migration_id}/",
        state=state,
        environment=row.migration.environment,
    )


def _alerts(reader: Reader) -> QuerySet[Any]:
    return Alert.objects.filter(alerts.seen(reader.access)).select_related("rule", "environment")


def _alert(row: Alert) -> SearchHit:
    state = "closed" if row.closed_at else "open"
    said = f"{row.rule.name}, {row.fired_at:%Y-%m-%d %H:%M} UTC"
    return _hit(row, "alert", row.text, said, "/settings/alerts/?past=1", state=state, environment=row.environment)


def _alert_rules(reader: Reader) -> QuerySet[Any]:
    return AlertRule.objects.filter(alerts.managed(reader.access)).select_related("environment")


def _alert_rule(row: AlertRule) -> SearchHit:
    path, state = f"/settings/alerts/rules/{row.pk}/", "archived" if row.archived_at else ""
    return _hit(row, "alert_rule", row.name, row.get_cause_display(), path, state=state, environment=row.environment)


def _alert_channels(reader: Reader) -> QuerySet[Any]:
    manages = reader.access.anywhere(Permission.MANAGE_ALERTS)
    return AlertChannel.objects.filter(Q() if manages else _NOTHING).select_related("webhook")


def _alert_channel(row: AlertChannel) -> SearchHit:
    said = f"{row.get_kind_display()}, {row.goes_to}".rstrip(", ")
    path, state = f"/settings/alerts/channels/{row.pk}/", "archived" if row.archived_at else ""
    return _hit(row, "alert_channel", row.name, said, path, state=state)


def _webhooks(reader: Reader) -> QuerySet[Any]:
    return Webhook.objects.filter(webhooks.managed(reader.access)).select_related("environment")


def _webhook(row: Webhook) -> SearchHit:
    path, state = f"/settings/webhooks/{row.pk}/", "archived" if row.archived_at else row.get_state_display()
    return _hit(row, "webhook", row.name, row.address, path, state=state, environment=row.environment)


def _tokens(reader: Reader) -> QuerySet[Any]:
    return _own(ApiToken.objects.all(), reader)


def _token(row: ApiToken) -> SearchHit:
    said = f"{row.prefix}…, {', '.join(row.scopes)}"
    return _hit(row, "token", row.name, said, "/settings/tokens/", state="revoked" if row.revoked_at else "")


def _filters(reader: Reader) -> QuerySet[Any]:
    rows = _own(SavedFilter.objects.filter(deleted_at=None), reader)
    return rows if reader.access.anywhere(Permission.READ_AUDIT) else rows.exclude(page=SavedFilter.AUDIT)


def _filter(row: SavedFilter) -> SearchHit:
    page = "audit" if row.page == SavedFilter.AUDIT else "migrations"
    return _hit(row, "filter", row.name, f"your view of the {row.get_page_display()}", f"/{page}/?{row.query}")


def _secrets(reader: Reader) -> QuerySet[Any]:
    rows = StoredSecret.objects.select_related("environment")
    return rows.filter(reader.access.within(Permission.MANAGE_SECRETS))


def _secret(row: StoredSecret) -> SearchHit:
    said, archived = f"stored secret, version {row.version}", "archived" if row.archived_at else ""
    return _hit(row, "secret", row.name, said, "/settings/secrets/", state=archived, environment=row.environment)


def _people(reader: Reader) -> QuerySet[Any]:
    return Person.objects.filter(Q() if reader.access.can(Permission.MANAGE_PEOPLE, None) else _NOTHING)


def _person(row: Person) -> SearchHit:
    said = ", ".join(part for part in (row.username, row.email) if part)
    return _hit(row, "person", str(row), said, f"/settings/people/{row.pk}/", state="" if row.is_active else "inactive")


def _invitations(reader: Reader) -> QuerySet[Any]:
    rows = Invitation.objects.select_related("environment", "invited_by")
    return rows.filter(reader.access.within(Permission.MANAGE_PEOPLE))


def _invitation(row: Invitation) -> SearchHit:
    said = f"{row.role} invited by {row.invited_by}"
    return _hit(row, "invitation", row.email, said, "/settings/people/invitations/", environment=row.environment)


def _entries(reader: Reader) -> QuerySet[Any]:
    return matching_entries(reader.access, ANYTHING)


def _newest_entries() -> Q:
    head = AuditHead.objects.values_list("seq", flat=True).first() or 0
    return Q(pk__gt=head - MOST_AUDIT)


def _entry(row: AuditEntry) -> SearchHit:
    title, said = f"Audit entry {row.seq}", sentence(json.loads(bytes(row.body)))
    return _hit(row, "audit", title, said, f"/audit/{row.seq}/", state=row.outcome, environment=row.environment)


_PLACE, _MIGRATIONS_PLACE = "environment__name", "migration__environment__name"
_ARCHIVED = {"archived": Q(archived_at__isnull=False)}
_OPEN = {"open": Q(closed_at=None), "closed": Q(closed_at__isnull=False)}
_OUTCOMES = {outcome: Q(outcome=outcome) for outcome in ("allowed", "denied", "failed")}

NOUNS: tuple[Noun, ...] = (
    Noun(
        "migration", "migrations", "document-text", _migrations, _migration, "title",
        texts=("ticket", "description", "owner__username", "created_by__username"), numbered=True, environment=_PLACE,
        states=states_of(Migration, "status", "review_state"), spelled=True,
    ),
    Noun(
        "run", "runs", "play", _runs, _run, "", asked_texts=("migration__title",), numbered=True, environment=_PLACE,
        states=states_of(Run, "state"),
    ),
    Noun(
        "plan", "plans", "list-bullet", _plans, _plan, "", asked_texts=("migration__title",), beginnings=("digest",),
        environment=_MIGRATIONS_PLACE,
    ),
    Noun(
        "target", "targets", "circle-stack", _targets, _target, "name", texts=("kind", "written"), environment=_PLACE,
        states=_ARCHIVED, spelled=True,
    ),
    Noun(
        "environment", "environments", "square-3-stack-3d", _environments, _environment, "name",
        texts=("description",), environment="name", spelled=True,
    ),
    Noun("policy", "policies", "scale", _policies, _policy, "name", spelled=True),
    Noun("window", "windows", "clock", _windows, _window, "name", environment=_PLACE, states=_ARCHIVED, spelled=True),
    Noun(
        "freeze", "freezes", "pause-circle", _freezes, _freeze, "reason", environment=_PLACE,
        states={"lifted": Q(lifted_at__isnull=False)},
    ),
    Noun(
        "schedule", "schedules", "calendar-days", _schedules, _schedule, "migration__title",
        environment=_MIGRATIONS_PLACE, states=states_of(Schedule, "state"),
    ),
    Noun(
        "waiver", "waivers", "shield-exclamation", _waivers, _waiver, "title",
        texts=("rule", "reason", "given_by__username"), environment=_MIGRATIONS_PLACE,
        states={"ended": Q(ended_at__isnull=False)},
    ),
    Noun(
        "break_glass", "broken glass", "fire", _break_glasses, _break_glass, "reason", texts=("person__username",),
        environment=_MIGRATIONS_PLACE, states=_OPEN,
    ),
    Noun("alert", "alerts", "bell-alert", _alerts, _alert, "text", texts=("rule__name",), environment=_PLACE,
         states=_OPEN),
    Noun(
        "alert_rule", "alert rules", "bell", _alert_rules, _alert_rule, "name", texts=("cause", "template"),
        environment=_PLACE, states=_ARCHIVED, spelled=True,
    ),
    Noun("alert_channel", "alert channels", "megaphone", _alert_channels, _alert_channel, "name",
         texts=("address", "webhook__address"), states=_ARCHIVED, spelled=True),
    Noun(
        "webhook", "webhooks", "link", _webhooks, _webhook, "name", texts=("address",), environment=_PLACE,
        states=states_of(Webhook, "state") | _ARCHIVED, spelled=True,
    ),
    Noun("token", "tokens", "key", _tokens, _token, "name", texts=("prefix",),
         states={"revoked": Q(revoked_at__isnull=False)}, spelled=True),
    Noun("secret", "stored secrets", "lock-closed", _secrets, _secret, "name", environment=_PLACE,
         states=_ARCHIVED, spelled=True),
    Noun("filter", "saved filters", "funnel", _filters, _filter, "name", spelled=True),
    Noun(
        "person", "people", "user", _people, _person, "username", texts=("first_name", "last_name", "email"),
        states={"inactive": Q(is_active=False)}, spelled=True,
    ),
    Noun("invitation", "invitations", "envelope", _invitations, _invitation, "email", environment=_PLACE),
    Noun(
        "audit", "audit entries", "bookmark-square", _entries, _entry, "",
        asked_texts=("actor", "action", "object_type"),
        beginnings=("hash",), equal=("request_id",), numbered=True, environment="environment", states=_OUTCOMES,
        bound=_newest_entries,
    ),
)  # fmt: skip
KINDS: dict[str, Noun] = {noun.kind: noun for noun in NOUNS}
NAMES: dict[str, str] = {
    word: noun.kind for noun in NOUNS for word in (noun.kind, noun.plural, noun.plural.replace(" ", "_"))
}
