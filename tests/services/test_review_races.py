import pytest

from migrations_app.engine.vocabulary import ReviewState
from migrations_app.models import (
    AuditEntry,
    Migration,
    MigrationEditor,
    Notification,
    Signature,
)
from migrations_app.services import migrations, reviews
from migrations_app.services.errors import (
    Conflict,
)
from tests.parallel import at_once, exceptions
from tests.services.reviewing import change_target, sign, submitted

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_semantics]


def test_two_signatures_at_once_both_count(production_stage, approver, second_approver, now):
    migration = submitted(production_stage)

    outcomes = at_once(lambda: sign(approver, migration, now), lambda: sign(second_approver, migration, now))

    assert sorted(outcomes) == [ReviewState.APPROVED, ReviewState.IN_REVIEW]
    migration.refresh_from_db()
    assert migration.review_state == ReviewState.APPROVED
    assert AuditEntry.objects.filter(action="review.approved").count() == 1


def test_one_person_signing_twice_at_once_signs_once(production_stage, approver, now):
    migration = submitted(production_stage)

    outcomes = at_once(*[lambda: sign(approver, migration, now)] * 3)

    refusals = exceptions(outcomes)
    assert [type(refusal) for refusal in refusals] == [Conflict, Conflict]
    assert {refusal.reason for refusal in refusals} == {"already_signed"}
    assert Signature.objects.filter(voided_at=None).count() == 1
    assert AuditEntry.objects.filter(outcome="denied").count() == 2


def test_submitted_twice_at_once_is_submitted_once(stage, now):
    migration = stage.planned()

    def submit():
        return reviews.submit(actor=stage.operator, now=now, migration_id=migration.pk)

    outcomes = at_once(submit, submit)

    assert [type(outcome) for outcome in exceptions(outcomes)] == [Conflict]
    assert Notification.objects.filter(kind="signature_wanted").count() == 2
    assert AuditEntry.objects.filter(action="review.submit", outcome="allowed").count() == 1


def test_an_edit_while_signing_never_leaves_a_live_signature_on_an_edited_plan(stage, approver, now):
    migration = submitted(stage)
    draft = stage.draft(description="edited at the same moment")

    at_once(
        lambda: sign(approver, migration, now),
        lambda: migrations.edit(actor=stage.operator, now=now, migration_id=migration.pk, version=1, draft=draft),
    )

    migration.refresh_from_db()
    assert (migration.status, migration.review_state) == ("draft", ReviewState.VOIDED)
    assert not Signature.objects.filter(voided_at=None).exists()


def test_a_target_changed_while_signing_never_leaves_a_live_signature(stage, admin, approver, now, tmp_path):
    migration = submitted(stage)

    at_once(
        lambda: sign(approver, migration, now),
        lambda: change_target(stage, admin, now, tmp_path),
    )

    migration.refresh_from_db()
    assert migration.review_state == ReviewState.VOIDED
    assert not Signature.objects.filter(voided_at=None).exists()


def test_approval_and_decline_at_once_end_in_a_decline(stage, approver, second_approver, now):
    migration = submitted(stage)

    at_once(
        lambda: sign(approver, migration, now),
        lambda: sign(second_approver, migration, now, decision="reject", comment="no"),
    )

    migration.refresh_from_db()
    assert migration.review_state == ReviewState.REJECTED


def test_two_edits_at_once_one_wins_and_the_other_hears_of_it(stage, now):
    migration = stage.planned()

    def edit(text):
        return migrations.edit(
            actor=stage.operator,
            now=now,
            migration_id=migration.pk,
            version=1,
            draft=stage.draft(description=text),
        )

    outcomes = at_once(lambda: edit("one"), lambda: edit("two"))

    assert [type(outcome).__name__ for outcome in exceptions(outcomes)] == ["StaleEdit"]
    assert Migration.objects.get().version == 2
    assert MigrationEditor.objects.filter(revision=2).count() == 1
