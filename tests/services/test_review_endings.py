from dataclasses import replace
from datetime import timedelta

import pytest

from migrations_app.engine.vocabulary import ReviewState
from migrations_app.models import (
    AuditEntry,
    Notification,
    Signature,
)
from migrations_app.services import migrations, planning, reviews
from migrations_app.services.errors import (
    Conflict,
)
from tests.policies import asks_for
from tests.services.reviewing import change_target, sign, submitted

pytestmark = [pytest.mark.django_db, pytest.mark.db_semantics]


def test_withdrawing_voids_and_settles(production_stage, approver, now):
    migration = submitted(production_stage)
    sign(approver, migration, now)

    reviews.withdraw(actor=production_stage.operator, now=now, migration_id=migration.pk)

    migration.refresh_from_db()
    assert migration.review_state == ReviewState.NOT_SUBMITTED
    assert Signature.objects.get().voided_because == "operator withdrew the plan from review"
    assert not Notification.objects.filter(kind="signature_wanted", done_at=None).exists()


def test_after_72_hours_it_expires_with_its_signatures(production_stage, approver, second_approver, now):
    migration = submitted(production_stage)
    sign(approver, migration, now)
    later = now + timedelta(hours=72)

    with pytest.raises(Conflict) as refused:
        sign(replace(second_approver, reauthenticated_at=later), migration, later)

    assert refused.value.reason == "review_expired"
    migration.refresh_from_db()
    assert migration.review_state == ReviewState.EXPIRED
    assert Signature.objects.get().voided_because == "the review expired"


def test_a_background_loop_expires_what_is_due(stage, now):
    migration = submitted(stage)
    just_before = now + timedelta(hours=72) - timedelta(seconds=1)

    assert reviews.expire_due(now=just_before) == 0
    assert reviews.expire_due(now=now + timedelta(hours=72)) == 1
    assert reviews.expire_due(now=now + timedelta(hours=72)) == 0

    assert AuditEntry.objects.get(action="review.expire").actor == "snakeweb"
    assert Notification.objects.get(kind="review_expired").migration_id == migration.pk


def test_editing_voids_in_the_same_transaction(production_stage, approver, now):
    migration = submitted(production_stage)
    sign(approver, migration, now)

    edited = migrations.edit(
        actor=production_stage.operator,
        now=now,
        migration_id=migration.pk,
        version=1,
        draft=production_stage.draft(options={"parallel_workers": 2, "batch_size": 10}),
    )

    migration.refresh_from_db()
    assert (edited.voided_signatures, edited.replan) == (1, True)
    assert (migration.review_state, migration.status) == (ReviewState.VOIDED, "draft")
    assert Signature.objects.get().voided_because == "operator edited the migration"
    assert Notification.objects.get(kind="plan_voided").person.username == "operator"


def test_identical_content_keeps_signatures(production_stage, approver, second_approver, now):
    migration = submitted(production_stage)
    sign(approver, migration, now)
    planned = planning.plan(actor=production_stage.operator, now=now, migration_id=migration.pk)
    migrations.edit(
        actor=production_stage.operator,
        now=now,
        migration_id=migration.pk,
        version=1,
        draft=production_stage.draft(title="Another title"),
    )

    assert (planned.changed, planned.revision, planned.voided_signatures) == (False, 2, 0)
    assert sign(second_approver, migration, now) is ReviewState.APPROVED


def test_a_changed_target_voids(stage, admin, approver, now, tmp_path):
    migration = submitted(stage)
    sign(approver, migration, now)

    change_target(stage, admin, now, tmp_path)

    migration.refresh_from_db()
    assert migration.review_state == ReviewState.VOIDED
    assert Signature.objects.get().voided_because == "admin changed target sessions-target"


def test_fewer_approvals_wanted_complete_a_review_under_way(production_stage, admins, approver, now):
    migration = submitted(production_stage)
    sign(approver, migration, now)

    asks_for(production_stage.environment, 1, admins, now)

    migration.refresh_from_db()
    assert migration.review_state == ReviewState.APPROVED
