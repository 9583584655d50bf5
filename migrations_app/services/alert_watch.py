"""Looking for what alert rules are about and no event says: a silent run, a slow one, lag, an approval, a broken chain.

A background loop calls this once a minute. What no longer holds closes its alert.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q

from migrations_app.engine.alerts import CONDITIONS, LIMITS, AlertCause
from migrations_app.engine.estimates import estimate_from
from migrations_app.engine.run_view import WAITS_FOR_OTHERS, ParkedFor
from migrations_app.engine.vocabulary import ReviewState, RouteSeries, RunState
from migrations_app.models import Alert, AlertRule, AuditProof, Migration, Route, RouteSample, Run, RunEvent
from migrations_app.models.route import span_of
from migrations_app.runtime import alerting
from migrations_app.runtime.alerting import Matter
from migrations_app.selectors import journals

OF_SEALING = "sealing"
RECENT_SPANS = 12  # a minute of samples
WAITS = sorted(reason.value for reason in {*WAITS_FOR_OTHERS, ParkedFor.PAUSE})


def watch(*, now: datetime) -> int:
    """Returns how many alerts were fired or escalated."""
    fired = 0
    rules = AlertRule.objects.filter(cause__in=CONDITIONS, enabled=True, archived_at=None)
    for rule in rules.select_related("environment"):
        found = list(_found(rule, now))
        with transaction.atomic():
            fired += sum(alerting.fire_rule(rule, matter, now=now) for matter in found)
            over = Alert.objects.filter(rule=rule, closed_at=None).exclude(about=OF_SEALING)
            over.exclude(about__in=[matter.about for matter in found]).update(closed_at=now)
    gone = Q(rule__enabled=False) | Q(rule__archived_at__isnull=False)
    Alert.objects.filter(gone, closed_at=None).update(closed_at=now)
    return fired + alerting.escalate_due(now)


def _found(rule: AlertRule, now: datetime) -> Iterator[Matter]:
    cause = AlertCause(rule.cause)
    limit = rule.limit or (LIMITS[cause].default if cause in LIMITS else 0)
    if cause is AlertCause.RUN_STALLED:
        yield from _stalled(rule, limit, now)
    elif cause is AlertCause.RUN_SLOW:
        yield from _slow(rule, limit, now)
    elif cause is AlertCause.LAG:
        yield from _lagging(rule, limit, now)
    elif cause is AlertCause.APPROVAL_WAITING:
        yield from _unsigned(rule, limit, now)
    elif cause is AlertCause.CHAIN_BROKEN:
        yield from _broken()


def _at_work(rule: AlertRule, now: datetime) -> list[Run]:
    """Parked ones too, unless they wait for a person or for a time that has not come: a run is parked while its
    partitions work, and where no worker can take it up."""
    runs = Run.objects.filter(state__in=(RunState.RUNNING, RunState.PARKED, RunState.ROLLING_BACK))
    runs = runs.exclude(Q(parked_because__in=WAITS) | Q(wake_at__gt=now))
    if rule.environment_id is not None:
        runs = runs.filter(environment=rule.environment_id)
    return list(runs.select_related("migration", "revision"))


def _stalled(rule: AlertRule, minutes: int, now: datetime) -> Iterator[Matter]:
    queued = Run.objects.filter(state=RunState.QUEUED)  # and no worker took it up
    if rule.environment_id is not None:
        queued = queued.filter(environment=rule.environment_id)
    for run in (*_at_work(rule, now), *queued.select_related("migration")):
        newest = RunEvent.objects.filter(run=run, seq=run.last_seq).values_list("at", flat=True).first()
        if newest is not None and newest <= now - timedelta(minutes=minutes):
            words = f"has shown no sign of life since {newest:%H:%M} UTC"
            yield alerting.of_run(run, words, about=f"run:{run.pk}")


def _slow(rule: AlertRule, percent: int, now: datetime) -> Iterator[Matter]:
    for run in _at_work(rule, now):
        expected = run.revision.estimated_seconds
        allowed = timedelta(seconds=expected * percent / 100)
        if run.started_at is None or now - run.started_at <= allowed:
            continue
        if journals.view_of(run).worked(now) > allowed:  # pauses and waits for people are not its own
            learned = estimate_from(run.revision.estimates)
            rests_on = f" ({learned.said})" if learned else ""
            words = f"takes more than {percent} % of the {expected} s that were estimated{rests_on}"
            yield alerting.of_run(run, words, about=f"run:{run.pk}")


def _lagging(rule: AlertRule, milliseconds: int, now: datetime) -> Iterator[Matter]:
    recent = RouteSample.objects.filter(series=RouteSeries.LAG, span__gt=span_of(now) - RECENT_SPANS)
    high = recent.filter(value__gt=milliseconds, span__lte=span_of(now)).values("route")
    routes = Route.objects.filter(pk__in=high)
    if rule.environment_id is not None:
        routes = routes.filter(environment=rule.environment_id)
    for route in routes:
        worst = recent.filter(route=route).order_by("-value").values_list("value", flat=True).first()
        yield Matter(
            about=f"route:{route.pk}",
            text=f"The replica of route {route.name} lags {worst:,} ms behind; {milliseconds:,} ms are allowed.",
            path="/runs/",
            environment_id=route.environment_id,
        )


def _unsigned(rule: AlertRule, minutes: int, now: datetime) -> Iterator[Matter]:
    waiting = Migration.objects.filter(
        review_state=ReviewState.IN_REVIEW, submitted_at__lte=now - timedelta(minutes=minutes)
    )
    if rule.environment_id is not None:
        waiting = waiting.filter(environment=rule.environment_id)
    for migration in waiting.order_by(F("submitted_at").asc()):
        yield alerting.of_migration(
            migration, f"“{migration.title}” waits for signatures since {migration.submitted_at:%Y-%m-%d %H:%M} UTC."
        )


def _broken() -> Iterator[Matter]:
    newest = AuditProof.objects.first()
    if newest is not None and not newest.ok:
        yield Matter("chain", f"The audit chain is broken: {newest.problem}", "/audit/")
