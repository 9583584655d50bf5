"""Whoever answers for a finding of a plan does not sign that plan, whichever came first."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from migrations_app.models import AuditEntry, BreakGlass, Migration, Notification, Signature
from migrations_app.selectors.break_glass import break_glasses_of
from migrations_app.selectors.migrations import migration_page
from migrations_app.selectors.start_check import start_check
from migrations_app.services import migrations, planning, reviews, waivers
from migrations_app.services.actor import Actor
from migrations_app.services.errors import PermissionDenied
from tests.cast import Cast
from tests.parallel import at_once, exceptions
from tests.policies import asks_for, in_force
from tests.services.breaking import broken
from tests.services.reviewing import denials, sign, submitted
from tests.stores_on_disk import Stage, newest
from tests.waiving import TITLE, high, risky, waive

pytestmark = pytest.mark.db_semantics
OPTIONS = {"parallel_workers": 1, "batch_size": 10, "cleanup_source": True}


@pytest.fixture
def migration(stage: Stage) -> Migration:
    return submitted(stage, options=OPTIONS)


def state(migration: Migration) -> str:
    migration.refresh_from_db()
    return str(migration.review_state)


@pytest.mark.parametrize("decision", ["approve", "reject"])
def test_after_waiving_neither_a_signature_nor_a_decline(
    migration: Migration, approver: Actor, now: datetime, decision: str
) -> None:
    waive(approver, migration, now)
    with pytest.raises(PermissionDenied, match=f"you waived “{TITLE}” of this plan"):
        sign(approver, migration, now, decision, comment="It is fine.")

    assert denials() == [("approver", "review.decide")]
    assert not Signature.objects.exists()


def test_a_signature_from_before_is_void_and_says_with_whom_and_what(
    stage: Stage, migration: Migration, approver: Actor, viewer: Actor, now: datetime
) -> None:
    sign(approver, migration, now)
    assert state(migration) == "approved"
    waive(approver, migration, now)

    signature = Signature.objects.get()
    assert signature.voided_at == now
    assert signature.voided_because == f"whoever waives does not sign: approver waived “{TITLE}”"
    assert state(migration) == "in_review"
    page = migration_page(actor=viewer, migration_id=migration.pk, now=now)
    assert (page.review.approvals, page.review.missing) == (0, 1)
    (gone,) = [entry for entry in page.timeline if entry.kind == "voided"]
    assert gone.detail == signature.voided_because
    given, asked = (
        json.loads(bytes(AuditEntry.objects.get(action=action).body)) for action in ("waiver.give", "review.asked_anew")
    )
    assert given["after"]["voided_signatures"] == 1
    assert (asked["before"]["review_state"], asked["after"]["review_state"]) == ("approved", "in_review")
    told = Notification.objects.get(person=stage.operator.person_id, kind="policy_changed").text
    assert f"it is in review again. Whoever waives does not sign: approver waived “{TITLE}”" in told
    wanted = Notification.objects.filter(kind="signature_wanted", done_at=None)
    assert set(wanted.values_list("person__username", flat=True)) == {"second_approver"}


def test_the_signatures_of_others_and_a_decline_stand(
    stage: Stage, approver: Actor, second_approver: Actor, admins: Any, now: datetime
) -> None:
    asks_for(stage.environment, 2, admins, now)
    signed, declined = submitted(stage, options=OPTIONS), submitted(stage, options=OPTIONS)
    sign(approver, signed, now)
    sign(second_approver, signed, now)
    sign(approver, declined, now, "reject", comment="Not today.")
    for each in (signed, declined):
        waive(approver, each, now)

    assert [row.person.username for row in signed.signatures.filter(voided_at=None)] == ["second_approver"]
    assert state(signed) == "in_review"
    assert declined.signatures.get().voided_at is None
    assert state(declined) == "rejected"


def test_of_another_plan_they_may_sign(stage: Stage, migration: Migration, approver: Actor, now: datetime) -> None:
    waive(approver, migration, now)
    draft = stage.draft(options={**OPTIONS, "batch_size": 20})
    migration.refresh_from_db()
    migrations.edit(actor=stage.operator, now=now, migration_id=migration.pk, version=migration.version, draft=draft)
    planning.plan(actor=stage.operator, now=now, migration_id=migration.pk)
    reviews.submit(actor=stage.operator, now=now, migration_id=migration.pk)

    sign(approver, migration, now)
    assert state(migration) == "approved"


def test_a_signature_that_is_there_all_the_same_fills_no_place(
    migration: Migration, approver: Actor, cast: Cast, now: datetime
) -> None:
    """As a restored database might hold them: the start check judges by what is there."""
    waive(approver, migration, now)
    revision = newest(migration)
    Signature.objects.create(
        migration=migration,
        revision=revision,
        person=cast.people["approver"],
        decision="approve",
        digest=revision.digest,
        findings_digest=revision.findings_digest,
        at=now,
    )
    Migration.objects.filter(pk=migration.pk).update(review_state="approved")
    migration.refresh_from_db()

    unmet = {each.code: each.message for each in start_check(migration, revision, now=now).unmet}
    assert unmet["signer_not_eligible"] == f"approver signed, but has waived “{TITLE}”."
    assert "approvals_missing" in unmet
    (row,) = migration_page(actor=approver, migration_id=migration.pk, now=now).review.signatures
    assert (row.current, row.why_not) == (True, f"has waived “{TITLE}”")


def test_who_waived_does_not_close_the_break_glass_of_that_plan(
    stage: Stage, migration: Migration, approver: Actor, second_approver: Actor, now: datetime
) -> None:
    waive(approver, migration, now)
    broken(stage, migration)

    item = BreakGlass.objects.get()
    said = {a.username: break_glasses_of(a, item.migration, now=now)[0].why_not for a in (approver, second_approver)}
    assert said["approver"] == f"you waived “{TITLE}” of this plan, and who answers for its risk does not sign it"
    assert said["second_approver"] == ""


@pytest.mark.django_db(transaction=True)
def test_a_waiver_and_a_signature_of_one_person_at_once_never_both_count(
    migration: Migration, approver: Actor, now: datetime
) -> None:
    outcomes = at_once(
        lambda: sign(approver, migration, now),
        lambda: waive(approver, migration, now, until=now + timedelta(days=1)),
    )

    assert [type(each) for each in exceptions(outcomes)] in ([], [PermissionDenied])
    assert not Signature.objects.filter(voided_at=None).exists()
    assert state(migration) == "in_review"


@pytest.mark.django_db(transaction=True)
def test_the_last_signature_and_the_end_of_the_waiver_that_made_it_the_last_never_end_approved(
    stage: Stage, admins: tuple[Actor, Actor], approver: Actor, now: datetime
) -> None:
    in_force(admins, now, risk_at_least="high", requirements=[{"count": 2, "role": "approver"}])
    migration = high(risky(stage))
    reviews.submit(actor=stage.operator, now=now, migration_id=migration.pk)
    number = waive(admins[0], migration, now)

    outcomes = at_once(
        lambda: sign(approver, migration, now),
        lambda: waivers.withdraw(actor=admins[0], now=now, migration_id=migration.pk, waiver_id=number),
    )

    assert not exceptions(outcomes)
    assert state(migration) == "in_review"
    assert Signature.objects.get().voided_at is None
