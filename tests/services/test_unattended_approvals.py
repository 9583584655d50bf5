"""A schedule is no signature: what has lapsed between scheduling and its time lets nothing start."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import Group

from migrations_app.models import Migration, Person, RoleGrant, Run
from migrations_app.runtime.clock import SystemClock
from migrations_app.services import policies, reviews, schedules, targets, unattended, waivers
from migrations_app.services.actor import Actor
from migrations_app.services.unattended import Attended
from migrations_app.testing.memory import ManualClock
from tests import stores_on_disk
from tests.cast import Cast, actor_of
from tests.services.reviewing import sign, submitted
from tests.services.scheduling import MINUTE, only, told
from tests.stores_on_disk import Stage, newest
from tests.waiving import RULE

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_semantics]


@dataclass(frozen=True)
class Scheduled:
    """Signed by the approver as a member of dba, dry-run, and due a minute ago; `now` is the real time."""

    stage: Stage
    migration: Migration
    schedule_id: int
    now: datetime

    def actor(self, name: str) -> Actor:
        return actor_of(self.stage.cast.people[name], self.now)

    @property
    def signer(self) -> Person:
        return self.stage.cast.people["approver"]


@pytest.fixture
def scheduled(cast: Cast, admins: tuple[Actor, Actor], tmp_path: Path) -> Scheduled:
    now = datetime.now(UTC).replace(microsecond=0)
    here = stores_on_disk.stage(cast, cast.environments["staging"], tmp_path / "stores", now)
    cast.people["approver"].groups.add(Group.objects.create(name="dba"))
    made = policies.propose(
        actor=admins[0], now=now, name="Careful", conditions={}, requirements=[{"group": "dba", "count": 1}]
    )
    second = replace(admins[1], reauthenticated_at=now)
    policies.confirm(actor=second, now=now, policy_id=made, number=1)
    options = {"parallel_workers": 1, "batch_size": 10, "cleanup_source": True}
    migration = submitted(here, options=options)
    Run.objects.create(
        migration=migration,
        revision=newest(migration),
        environment=migration.environment,
        kind="dry_run",
        state="succeeded",
        started_by=migration.created_by,
        created_at=now,
        started_at=now,
        ended_at=now,
    )
    for name in ("approver", "second_approver"):
        sign(actor_of(cast.people[name], now), migration, now)
    due = now - MINUTE
    schedule_id = schedules.create(
        actor=here.operator, now=due - timedelta(hours=1), migration_id=migration.pk, timing="at", at=due
    )
    migration.refresh_from_db()
    assert migration.review_state == "approved"
    return Scheduled(here, migration, schedule_id, now)


def nothing(at: Scheduled) -> None:
    """The control: what has not lapsed starts."""


def approvals_expired(at: Scheduled) -> None:
    Migration.objects.update(review_expires_at=at.now - timedelta(seconds=1))


def approvals_expired_and_it_was_told(at: Scheduled) -> None:
    approvals_expired(at)
    assert reviews.expire_due(now=at.now) == 1


def signer_left_the_group(at: Scheduled) -> None:
    at.signer.groups.clear()


def signer_lost_the_role(at: Scheduled) -> None:
    RoleGrant.objects.filter(person=at.signer).delete()


def signer_was_deactivated(at: Scheduled) -> None:
    Person.objects.filter(pk=at.signer.pk).update(is_active=False)


def signer_waived_a_finding(at: Scheduled) -> None:
    waivers.waive(
        actor=at.actor("approver"),
        now=at.now,
        migration_id=at.migration.pk,
        digest=newest(at.migration).digest,
        rule=RULE,
        reason="There is a copy.",
        until=at.now + timedelta(days=1),
    )


def a_policy_asks_for_more(at: Scheduled) -> None:
    admin, other = at.actor("admin"), actor_of(Person.objects.get(username="second_admin"), at.now)
    more = [{"role": "approver", "count": 1}]
    made = policies.propose(actor=admin, now=at.now, name="More", conditions={}, requirements=more)
    policies.confirm(actor=other, now=at.now, policy_id=made, number=1)


def a_target_was_changed(at: Scheduled) -> None:
    config = {"store": "sqlite", "path": str(Path("/nowhere/another.sqlite3"))}
    targets.edit(actor=at.actor("admin"), now=at.now, target_id=at.stage.target_id, version=1, config=config)


def attend(at: datetime | None = None) -> Attended:
    return unattended.run_due(clock=ManualClock(at) if at else SystemClock())


def test_what_has_not_lapsed_starts(scheduled: Scheduled) -> None:
    assert attend() == Attended(started=1)
    assert Run.objects.filter(kind="apply").count() == 1


@pytest.mark.parametrize(
    ("lapse", "said"),
    [
        (approvals_expired, "The approvals have expired."),
        (approvals_expired_and_it_was_told, "The approvals have expired."),
        (signer_left_the_group, "1 more approval is needed: 1 member of dba."),
        (signer_lost_the_role, "approver signed, but no longer has the approver role in staging."),
        (signer_was_deactivated, "approver signed, but no longer has the approver role in staging."),
        (signer_waived_a_finding, "1 more approval is needed: 1 member of dba."),
        (a_policy_asks_for_more, "1 more approval is needed."),
        (a_target_was_changed, "approvals are needed"),
    ],
)
def test_a_scheduled_start_whose_approval_has_lapsed_is_refused_and_missed(
    scheduled: Scheduled, lapse: Callable[[Scheduled], None], said: str
) -> None:
    lapse(scheduled)

    assert attend() == Attended(held_up=1)
    start = only(scheduled.schedule_id)[1]
    assert start is not None
    assert said in start.said, start.said
    assert attend(scheduled.now + 20 * MINUTE) == Attended(missed=1)
    assert not Run.objects.filter(kind="apply").exists()
    assert "operator" in told("schedule_missed")
