"""What keeps changes in order: policies, a waived finding, what waits for another, what runs by the clock."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from migrations_app.demo.people import ADMIN, DEV, OPERATOR, SECOND_ADMIN, STAGING
from migrations_app.demo.stories import PORTAL, SEARCH, SHOP, Stage
from migrations_app.demo.things import ZONE, saturday_night
from migrations_app.engine.vocabulary import MigrationType
from migrations_app.models import PlanRevision
from migrations_app.services import dependencies, policies, schedules, waivers

STAGING_POLICY = "High risk in staging"
CONTACTS = "Move the address book's sessions"
APPOINTMENTS = "Move the appointments' sessions"
CHAT = "Move the chat's sessions"
ONE = ({"role": "approver", "count": 1},)
TWO = ({"role": "approver", "count": 2},)


def policy_with_a_history(stage: Stage) -> None:
    """In force in its second version; a third one, which is about more plans, waits for the other admin."""
    admin, other = stage.cast.actor(ADMIN), stage.cast.actor(SECOND_ADMIN)
    there = {"scope": "named", "environments": [STAGING.name], "types": [MigrationType.SESSION]}
    made = policies.propose(
        actor=admin,
        now=stage.now(),
        name=STAGING_POLICY,
        conditions={**there, "risk_at_least": "high"},
        requirements=ONE,
        reason="What is risky there is risky later.",
    )
    policies.confirm(actor=other, now=stage.now(), policy_id=made, number=1)
    policies.propose_change(
        actor=other,
        now=stage.now(),
        policy_id=made,
        conditions={**there, "risk_at_least": "high"},
        requirements=TWO,
        reason="One pair of eyes was not enough in March.",
    )
    policies.confirm(actor=admin, now=stage.now(), policy_id=made, number=2)
    policies.propose_change(
        actor=admin,
        now=stage.now(),
        policy_id=made,
        conditions={**there, "zero_downtime": False},
        requirements=ONE,
        reason="Moves with a pause have surprised us twice, at any risk.",
    )


def waived_finding(stage: Stage) -> None:
    """An admin answers for the heaviest finding that the portal's plan has, for a week."""
    migration = stage.called(PORTAL)
    plan = PlanRevision.objects.filter(migration=migration).latest("number")
    heaviest = max(plan.findings, key=lambda finding: int(finding["weight"]))
    waivers.waive(
        actor=stage.cast.actor(SECOND_ADMIN),
        now=stage.now(),
        migration_id=migration,
        digest=plan.digest,
        rule=heaviest["rule"],
        reason="Discussed with the team on Monday; somebody watches the whole time.",
        until=stage.now() + timedelta(days=7),
    )


def one_after_the_other(stage: Stage) -> None:
    """The third one starts by itself once the two before it have completed."""
    operator = stage.cast.actor(OPERATOR)
    before: int | None = None
    for service, title, description in (
        ("contacts", CONTACTS, "Everything else looks people up in it."),
        ("appointments", APPOINTMENTS, "They show names from the address book."),
        ("chat", CHAT, "Last: it shows who is in a meeting. Starts by itself."),
    ):
        migration = stage.author(service, DEV, title, description)
        digest = stage.submit(migration)
        if before is not None:
            dependencies.add(actor=operator, now=stage.now(), migration_id=migration, predecessor_id=before)
        before = migration
    schedules.create(
        actor=operator,
        now=stage.now(),
        migration_id=migration,
        timing="when_ready",
        digest=digest,
        grace_minutes=7 * 24 * 60,
    )


def by_the_clock(stage: Stage) -> None:
    """The shop is dry-run each morning and moved on Saturday night."""
    operator, shop = stage.cast.actor(OPERATOR), stage.called(SHOP)
    saturday = saturday_night(stage.now()).replace(minute=30, tzinfo=ZoneInfo(ZONE))
    schedules.create(
        actor=operator, now=stage.now(), migration_id=shop, timing="at", at=saturday, window_closes="roll_back"
    )
    schedules.create(
        actor=operator,
        now=stage.now(),
        migration_id=shop,
        kind="dry_run",
        timing="recurring",
        zone=ZONE,
        first=datetime.combine(stage.now().date(), time(6)),
        recurrence="FREQ=DAILY",
    )


def missed(stage: Stage) -> None:
    """It was due while nothing ran that could have started it: it is reported, and not made up for."""
    earlier = stage.now() - timedelta(hours=2)
    schedules.create(
        actor=stage.cast.actor(OPERATOR),
        now=earlier,
        migration_id=stage.called(SEARCH),
        kind="dry_run",
        timing="at",
        at=earlier + timedelta(hours=1),
    )


UNDER_CONTROL: tuple[Callable[[Stage], None], ...] = (
    policy_with_a_history,
    waived_finding,
    one_after_the_other,
    by_the_clock,
    missed,
)
