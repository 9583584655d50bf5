from dataclasses import replace
from datetime import timedelta

import pytest

from migrations_app.engine.vocabulary import Decision, ReviewState
from migrations_app.models import (
    AuditEntry,
    Notification,
    OutboxRow,
    Person,
    RoleGrant,
    Signature,
)
from migrations_app.selectors.reviews import barred
from migrations_app.services import migrations, planning, reviews
from migrations_app.services.errors import (
    Conflict,
    InvalidInput,
    NotFound,
    PermissionDenied,
    SignInRequired,
    StepUpRequired,
)
from tests.cast import actor_of
from tests.policies import asks_for
from tests.services.reviewing import change_target, denials, sign, submitted
from tests.stores_on_disk import newest

pytestmark = [pytest.mark.django_db, pytest.mark.db_semantics]


class TestSubmitting:
    def test_asks_every_approver_who_may_sign(self, stage, now):
        migration = submitted(stage)

        assert migration.review_state == ReviewState.IN_REVIEW
        assert migration.review_expires_at == now + timedelta(hours=72)
        wanted = Notification.objects.filter(kind="signature_wanted", done_at=None)
        assert sorted(wanted.values_list("person__username", flat=True)) == ["approver", "second_approver"]
        mails = OutboxRow.objects.filter(task="snakeweb.send_mail")
        assert sorted(row.arguments[0] for row in mails) == sorted(wanted.values_list("pk", flat=True))

    def test_an_approver_who_wrote_a_revision_is_not_asked(self, stage, operator, approver, now):
        migration = stage.planned()
        migration.editors.create(person_id=approver.person_id, revision=1)

        reviews.submit(actor=operator, now=now, migration_id=migration.pk)

        wanted = Notification.objects.filter(kind="signature_wanted")
        assert wanted.exists()
        assert not wanted.filter(person_id=approver.person_id).exists()

    def test_with_no_signature_wanted_it_is_approved_at_once(self, stage, admins, now):
        asks_for(stage.environment, 0, admins, now)

        migration = submitted(stage)

        assert migration.review_state == ReviewState.APPROVED
        assert not Notification.objects.filter(kind="signature_wanted").exists()

    def test_a_draft_cannot_be_submitted(self, stage, now):
        migration = stage.migration()

        with pytest.raises(Conflict, match="has no plan") as refused:
            reviews.submit(actor=stage.operator, now=now, migration_id=migration.pk)

        assert refused.value.reason == "not_planned"
        assert denials() == [("operator", "review.submit")]

    def test_an_old_digest_is_refused(self, stage, now):
        migration = stage.planned()

        with pytest.raises(Conflict) as refused:
            reviews.submit(actor=stage.operator, now=now, migration_id=migration.pk, digest="0" * 64)

        assert refused.value.reason == "digest_changed"
        assert refused.value.details["digest"] == newest(migration).digest

    def test_twice_is_refused(self, stage, now):
        migration = submitted(stage)

        with pytest.raises(Conflict, match="not possible while the state is"):
            reviews.submit(actor=stage.operator, now=now, migration_id=migration.pk)

    def test_after_a_target_changed_it_is_refused(self, stage, admin, now, tmp_path):
        migration = stage.planned()
        change_target(stage, admin, now, tmp_path)

        with pytest.raises(Conflict) as refused:
            reviews.submit(actor=stage.operator, now=now, migration_id=migration.pk)

        assert refused.value.reason == "target_changed"

    def test_only_operators_submit(self, stage, approver, outsider, now):
        migration = stage.planned()

        with pytest.raises(PermissionDenied):
            reviews.submit(actor=approver, now=now, migration_id=migration.pk)
        with pytest.raises(NotFound):
            reviews.submit(actor=outsider, now=now, migration_id=migration.pk)

        assert denials() == [("approver", "review.submit"), ("outsider", "review.submit")]


class TestSigning:
    def test_the_last_signature_wanted_approves(self, production_stage, approver, second_approver, now):
        migration = submitted(production_stage)

        assert sign(approver, migration, now) is ReviewState.IN_REVIEW
        assert sign(second_approver, migration, now) is ReviewState.APPROVED

        migration.refresh_from_db()
        assert migration.review_state == ReviewState.APPROVED
        signature = Signature.objects.get(person__username="approver")
        revision = newest(migration)
        assert (signature.digest, signature.findings_digest, signature.fingerprints) == (
            revision.digest,
            revision.findings_digest,
            revision.fingerprints,
        )
        actions = AuditEntry.objects.filter(action__startswith="review.").order_by("seq")
        assert list(actions.values_list("action", "actor")) == [
            ("review.submit", "operator"),
            ("review.approve", "approver"),
            ("review.approve", "second_approver"),
            ("review.approved", "second_approver"),
        ]
        assert Notification.objects.get(kind="review_approved").person.username == "operator"
        assert not Notification.objects.filter(kind="signature_wanted", done_at=None).exists()

    def test_whoever_wrote_a_draft_is_not_told_of_a_revision_that_is_not_there(self, stage, operator):
        migration = stage.migration()

        assert barred(migration, operator.person_id) == "you wrote this draft"

    def test_the_author_is_barred_and_told_what_they_wrote(self, stage, operator, admin, now):
        migration = submitted(stage)
        RoleGrant.objects.create(person_id=operator.person_id, role="approver", granted_at=now)

        with pytest.raises(PermissionDenied, match="you wrote revision 1"):
            sign(operator, migration, now)

        assert denials() == [("operator", "review.decide")]
        assert not Signature.objects.exists()

    def test_a_superuser_who_edited_is_barred_too(self, stage, cast, now):
        boss = Person.objects.create_superuser("boss", "boss@example.org", "x")
        actor = actor_of(boss, now)
        RoleGrant.objects.create(person=boss, role="approver", granted_at=now)
        migration = stage.planned()
        migrations.edit(
            actor=actor,
            now=now,
            migration_id=migration.pk,
            version=1,
            draft=stage.draft(description="changed by the boss"),
        )
        planning.plan(actor=stage.operator, now=now, migration_id=migration.pk)
        reviews.submit(actor=stage.operator, now=now, migration_id=migration.pk)

        with pytest.raises(PermissionDenied, match="you wrote revision 2"):
            sign(actor, migration, now)

    def test_a_superuser_without_the_approver_role_cannot_sign(self, stage, now):
        boss = Person.objects.create_superuser("boss", "boss@example.org", "x")
        migration = submitted(stage)

        with pytest.raises(PermissionDenied, match="needs the role approver"):
            sign(actor_of(boss, now), migration, now)

    def test_whoever_made_the_plan_of_anothers_draft_is_barred(self, stage, cast, now):
        planner = Person.objects.create_user("planner")
        RoleGrant.objects.create(person=planner, role="operator", granted_at=now)
        RoleGrant.objects.create(person=planner, role="approver", granted_at=now)
        migration = stage.migration()
        planning.plan(actor=actor_of(planner, now), now=now, migration_id=migration.pk)
        reviews.submit(actor=stage.operator, now=now, migration_id=migration.pk)

        with pytest.raises(PermissionDenied, match="you wrote revision 1"):
            sign(actor_of(planner, now), migration, now)

    @pytest.mark.parametrize("name", ["operator", "auditor", "viewer", "admin"])
    def test_other_roles_cannot_sign(self, stage, cast, now, name):
        migration = submitted(stage)

        with pytest.raises(PermissionDenied):
            sign(cast.actors[name], migration, now)

        assert denials() == [(name, "review.decide")]

    def test_an_approver_of_another_environment_cannot_sign(self, stage, dev, now):
        elsewhere = Person.objects.create_user("elsewhere")
        RoleGrant.objects.create(person=elsewhere, role="approver", environment=dev, granted_at=now)
        migration = submitted(stage)

        with pytest.raises(NotFound):
            sign(actor_of(elsewhere, now), migration, now)

    @pytest.mark.parametrize("decision", ["approve", "reject"])
    def test_a_token_never_signs(self, stage, approver, now, decision):
        migration = submitted(stage)
        token = replace(approver, token_id=1, scopes=frozenset({"read", "operate", "admin"}))

        with pytest.raises(SignInRequired):
            sign(token, migration, now, decision=decision, comment="no")

        assert denials() == [("approver", "review.decide")]
        assert not Signature.objects.exists()

    @pytest.mark.parametrize("ago", [timedelta(seconds=301), timedelta(seconds=-60), None])
    def test_without_a_fresh_proof_of_presence_it_is_refused(self, stage, approver, now, ago):
        migration = submitted(stage)
        actor = replace(approver, reauthenticated_at=None if ago is None else now - ago)

        with pytest.raises(StepUpRequired):
            sign(actor, migration, now)

        assert denials() == [("approver", "review.decide")]

    def test_three_hundred_seconds_are_fresh_enough(self, stage, approver, now):
        migration = submitted(stage)
        actor = replace(approver, reauthenticated_at=now - timedelta(seconds=300))

        assert sign(actor, migration, now) is ReviewState.APPROVED

    def test_another_digest_than_the_newest_is_refused(self, stage, approver, now):
        migration = submitted(stage)

        with pytest.raises(Conflict) as refused:
            sign(approver, migration, now, digest="0" * 64)

        assert refused.value.reason == "digest_changed"
        assert denials() == [("approver", "review.decide")]

    def test_what_is_not_in_review_cannot_be_signed(self, stage, approver, now):
        migration = stage.planned()

        with pytest.raises(Conflict) as refused:
            sign(approver, migration, now)

        assert refused.value.reason == "not_in_review"

    def test_a_second_signature_of_the_same_person_is_refused(self, production_stage, approver, now):
        migration = submitted(production_stage)
        sign(approver, migration, now)

        with pytest.raises(Conflict) as refused:
            sign(approver, migration, now)

        assert refused.value.reason == "already_signed"
        assert Signature.objects.count() == 1

    def test_changing_ones_mind_voids_the_first_decision(self, production_stage, approver, now):
        migration = submitted(production_stage)
        sign(approver, migration, now)

        assert sign(approver, migration, now, decision="reject", comment="on second thought") is ReviewState.REJECTED

        first, second = Signature.objects.order_by("pk")
        assert first.voided_at == now
        assert (second.decision, second.voided_at) == (Decision.REJECT, None)

    def test_a_signature_counts_no_more_once_the_role_is_gone(self, production_stage, approver, second_approver, now):
        migration = submitted(production_stage)
        sign(approver, migration, now)
        RoleGrant.objects.filter(person_id=approver.person_id).delete()

        assert sign(second_approver, migration, now) is ReviewState.IN_REVIEW

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"decision": "maybe"}, "decision"),
            ({"decision": None}, "decision"),
            ({"decision": "reject"}, "comment"),
            ({"decision": "comment"}, "comment"),
            ({"comment": "x" * 10_001}, "comment"),
            ({"comment": "\x00"}, "comment"),
        ],
    )
    def test_bad_input_is_refused_by_field(self, stage, approver, now, given, field):
        migration = submitted(stage)

        with pytest.raises(InvalidInput) as refused:
            sign(approver, migration, now, **given)

        assert [problem.field for problem in refused.value.problems] == [field]
        assert not Signature.objects.exists()

    def test_a_migration_that_is_not_there_is_not_found(self, approver, now):
        for wrong in (0, -3, 10**20, 77):
            with pytest.raises(NotFound):
                reviews.decide(actor=approver, now=now, migration_id=wrong, digest="", decision="approve")


class TestDeclining:
    def test_a_decline_ends_the_review_and_tells_the_author(self, stage, approver, now):
        migration = submitted(stage)

        assert sign(approver, migration, now, decision="reject", comment="no backup") is ReviewState.REJECTED

        told = Notification.objects.get(kind="review_rejected")
        assert told.person.username == "operator"
        entry = AuditEntry.objects.get(action="review.reject")
        assert b"no backup" in bytes(entry.body)

    def test_submitted_again_the_same_person_can_sign(self, stage, approver, now):
        migration = submitted(stage)
        sign(approver, migration, now, decision="reject", comment="not yet")
        reviews.submit(actor=stage.operator, now=now, migration_id=migration.pk)

        assert sign(approver, migration, now) is ReviewState.APPROVED


class TestCommenting:
    def test_a_comment_changes_nothing_else(self, stage, approver, viewer, now):
        migration = submitted(stage)

        assert sign(approver, migration, now, decision="comment", comment="looks fine") is ReviewState.IN_REVIEW
        with pytest.raises(PermissionDenied):
            sign(viewer, migration, now, decision="comment", comment="me too")

    def test_a_token_may_comment(self, stage, operator, now):
        migration = submitted(stage)
        token = replace(operator, token_id=1, scopes=frozenset({"operate"}))

        sign(token, migration, now, decision="comment", comment="checks passed")

        assert Signature.objects.get().decision == Decision.COMMENT

    def test_there_has_to_be_a_plan(self, stage, approver, now):
        migration = stage.migration()

        with pytest.raises(Conflict) as refused:
            reviews.decide(
                actor=approver, now=now, migration_id=migration.pk, digest="", decision="comment", comment="hm"
            )

        assert refused.value.reason == "not_planned"
