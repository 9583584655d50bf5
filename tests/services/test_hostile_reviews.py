"""Somebody who wants a plan to run that two others do not want: what they try, and what it gets them."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from migrations_app.models import Migration, RoleGrant, Signature
from migrations_app.services import migrations, planning, reviews
from migrations_app.services.actor import Actor
from migrations_app.services.errors import PermissionDenied
from tests.services.reviewing import sign, submitted
from tests.stores_on_disk import Stage

pytestmark = pytest.mark.db_semantics


def state(migration: Migration) -> str:
    migration.refresh_from_db()
    return str(migration.review_state)


def test_submitting_a_declined_plan_again_takes_new_signatures(
    stage: Stage, approver: Actor, second_approver: Actor, now: datetime
) -> None:
    """One has signed, another declines: the author does not get past the decline by asking again."""
    migration = submitted(stage)
    sign(approver, migration, now)
    sign(second_approver, migration, now, "reject", comment="The target is too small.")
    reviews.submit(actor=stage.operator, now=now, migration_id=migration.pk)

    assert state(migration) == "in_review"
    assert {row.voided_because for row in Signature.objects.all()} == {"the plan was submitted again after a decline"}
    sign(approver, migration, now)
    assert state(migration) == "approved"


def test_no_approval_outlives_its_three_days_by_a_decline_and_another_submission(
    stage: Stage, approver: Actor, second_approver: Actor, now: datetime
) -> None:
    migration = submitted(stage)
    sign(approver, migration, now)
    late = now + timedelta(hours=71)
    sign(replace(second_approver, reauthenticated_at=late), migration, late, "reject", comment="Wait.")
    reviews.submit(actor=stage.operator, now=late, migration_id=migration.pk)

    assert not Signature.objects.filter(voided_at=None).exists()


def test_who_wrote_a_plan_does_not_sign_a_clone_of_it(stage: Stage, approver: Actor, now: datetime) -> None:
    """The approver is an operator too, and has a colleague clone what they wrote."""
    RoleGrant.objects.create(person_id=approver.person_id, role="operator", granted_at=now)
    written = migrations.create(actor=approver, now=now, draft=stage.draft())
    cloned = migrations.clone(actor=stage.operator, now=now, migration_id=written)
    planning.plan(actor=stage.operator, now=now, migration_id=cloned)
    reviews.submit(actor=stage.operator, now=now, migration_id=cloned)

    migration = Migration.objects.get(pk=cloned)
    with pytest.raises(PermissionDenied, match="you wrote revision 1"):
        sign(approver, migration, now)
    assert state(migration) == "in_review"
