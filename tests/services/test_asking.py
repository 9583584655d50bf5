"""What happens to reviews under way when the policies change."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group

from migrations_app.engine.vocabulary import ReviewState
from migrations_app.models import AskedPolicy, AuditEntry, Notification, PlanRevision, RoleGrant, Run
from migrations_app.selectors.migrations import migration_page
from migrations_app.selectors.start_check import start_check
from migrations_app.selectors.timeline import timeline
from migrations_app.services import environments, grants, planning, policies, reviews
from migrations_app.services.errors import Conflict, PermissionDenied
from tests.parallel import at_once, exceptions
from tests.policies import asks_for, in_force, without_any
from tests.services.reviewing import sign, submitted
from tests.stores_on_disk import newest

pytestmark = [pytest.mark.django_db, pytest.mark.db_semantics]

DBA = ({"group": "dba", "count": 1},)


@pytest.fixture
def dba(people):
    """The group; the second approver is in it."""
    group = Group.objects.create(name="dba")
    people["second_approver"].groups.add(group)
    return group


def state(migration):
    migration.refresh_from_db()
    return migration.review_state


def asked(migration):
    rows = AskedPolicy.objects.filter(migration=migration, dropped_at=None).select_related("version__policy")
    return sorted(f"{row.version.policy} v{row.version.number}" for row in rows)


def codes(migration, now):
    return [unmet.code for unmet in start_check(migration, newest(migration), now=now).unmet]


def test_a_review_records_which_versions_it_asks_for(stage, admins, dba, now):
    in_force(admins, now, requirements=DBA)

    migration = submitted(stage)

    assert asked(migration) == ["Careful v1", "Plans in staging v1"]
    page = migration_page(actor=stage.operator, migration_id=migration.pk, now=now)
    assert [(row.name, row.requires, row.since) for row in page.review.policies] == [
        ("Careful", "1 member of dba", now),
        ("Plans in staging", "1 approver", now),
    ]
    assert (page.review.required, page.review.wanted) == (2, "1 member of dba and 1 approver")


def test_one_signature_fills_one_slot(stage, admins, approver, second_approver, dba, now):
    in_force(admins, now, requirements=DBA)
    migration = submitted(stage)

    assert sign(second_approver, migration, now) is ReviewState.IN_REVIEW
    assert sign(approver, migration, now) is ReviewState.APPROVED


def test_only_those_who_could_fill_an_open_slot_are_asked(stage, admins, people, dba, now):
    asks_for(stage.environment, 0, admins, now)
    in_force(admins, now, requirements=DBA)

    submitted(stage)

    wanted = Notification.objects.filter(kind="signature_wanted")
    assert [row.person.username for row in wanted] == ["second_approver"]


def test_no_policy_means_blocked(stage, approver, now):
    in_time = submitted(stage)
    sign(approver, in_time, now)
    without_any()

    with pytest.raises(Conflict, match="No policy says who has to sign") as refused:
        submitted(stage, title="Too late")

    assert refused.value.reason == "no_policy"
    assert "no_policy" in codes(in_time, now)
    page = migration_page(actor=stage.operator, migration_id=in_time.pk, now=now)
    assert (page.review.no_policy, "execute" in page.allowed) == (True, False)


def test_a_stricter_policy_opens_an_approved_review_again_and_says_so(
    stage, admins, approver, second_approver, dba, now
):
    migration = submitted(stage)
    sign(approver, migration, now)
    assert state(migration) == ReviewState.APPROVED

    in_force(admins, now, requirements=DBA)

    assert state(migration) == ReviewState.IN_REVIEW
    assert asked(migration) == ["Careful v1", "Plans in staging v1"]
    entry = next(entry for entry in timeline(migration) if entry.kind == "asked")
    assert (entry.who, entry.text) == ("second_admin", "changed who has to sign")
    assert entry.detail == "Policy “Careful” has a new version 1. It was approved and is in review again."
    (news,) = Notification.objects.filter(kind="policy_changed")
    assert news.person.username == "operator"
    assert "is asked for other signatures: it is in review again" in news.text
    assert "approvals_missing" in codes(migration, now)
    wanted = Notification.objects.filter(kind="signature_wanted", done_at=None)
    assert [row.person.username for row in wanted] == ["second_approver"]
    assert sign(second_approver, migration, now) is ReviewState.APPROVED


def test_a_looser_policy_approves_what_has_enough_now(production_stage, admins, approver, now):
    migration = submitted(production_stage)
    sign(approver, migration, now)

    asks_for(production_stage.environment, 1, admins, now)

    assert state(migration) == ReviewState.APPROVED
    approved = next(entry for entry in timeline(migration) if entry.kind == "approved")
    assert approved.text == "had the plan approved, which wants no further signature"


def test_what_does_not_match_is_left_alone(stage, admins, approver, now):
    migration = submitted(stage)
    sign(approver, migration, now)

    in_force(admins, now, risk_at_least="high")

    assert state(migration) == ReviewState.APPROVED
    assert not AuditEntry.objects.filter(action="review.asked_anew").exists()


def test_a_retired_policy_asks_no_more(stage, admins, approver, dba, now):
    made = in_force(admins, now, requirements=DBA)
    migration = submitted(stage)
    sign(approver, migration, now)
    number = policies.propose_retirement(actor=admins[0], now=now, policy_id=made)

    assert policies.confirm(actor=admins[1], now=now, policy_id=made, number=number) == 1

    assert state(migration) == ReviewState.APPROVED
    assert asked(migration) == ["Plans in staging v1"]
    assert AskedPolicy.objects.get(migration=migration, version__policy=made).dropped_at == now


def test_protecting_an_environment_asks_for_what_protected_ones_want(stage, admins, approver, dba, now):
    in_force(admins, now, requirements=DBA, scope="protected")
    migration = submitted(stage)
    sign(approver, migration, now)

    environments.edit(actor=admins[0], now=now, environment_id=stage.environment.pk, protected=True)

    assert state(migration) == ReviewState.IN_REVIEW


def test_the_same_plan_with_another_risk_is_asked_for_what_that_risk_wants(stage, admins, approver, now):
    in_force(admins, now, risk_at_least="high")
    migration = stage.planned()
    PlanRevision.objects.update(risk_level="high")
    reviews.submit(actor=stage.operator, now=now, migration_id=migration.pk)
    assert sign(approver, migration, now) is ReviewState.IN_REVIEW
    assert asked(migration) == ["Careful v1", "Plans in staging v1"]

    planning.plan(actor=stage.operator, now=now, migration_id=migration.pk)  # and finds that the risk is not high

    assert asked(migration) == ["Plans in staging v1"]
    assert state(migration) == ReviewState.APPROVED


def test_a_run_that_has_begun_is_not_asked_again(stage, admins, approver, dba, now):
    migration = submitted(stage)
    sign(approver, migration, now)
    migration.refresh_from_db()
    migration.status = "executing"
    migration.save()

    in_force(admins, now, requirements=DBA)

    assert state(migration) == ReviewState.APPROVED


def test_approving_never_starts_a_run(stage, approver, now):
    migration = submitted(stage)

    assert sign(approver, migration, now) is ReviewState.APPROVED
    assert not Run.objects.exists()


class TestLeaving:
    """A signer who no longer fits, between the last signature and the start."""

    def test_out_of_the_group_that_a_slot_wants(self, stage, admins, people, approver, second_approver, dba, now):
        in_force(admins, now, requirements=DBA)
        migration = submitted(stage)
        sign(approver, migration, now)
        assert sign(second_approver, migration, now) is ReviewState.APPROVED
        assert "approvals_missing" not in codes(migration, now)

        people["second_approver"].groups.remove(dba)

        unmet = start_check(migration, newest(migration), now=now).unmet
        assert ("approvals_missing", "1 more approval is needed: 1 member of dba.") in [
            (each.code, each.message) for each in unmet
        ]

    def test_out_of_the_group_that_gave_the_role(self, stage, people, now):
        group = Group.objects.create(name="night shift")
        RoleGrant.objects.create(group=group, role="approver", granted_at=now)
        RoleGrant.objects.filter(person=people["approver"]).delete()
        people["approver"].groups.add(group)
        migration = submitted(stage)
        sign(stage.cast.actors["approver"], migration, now)

        people["approver"].groups.remove(group)

        assert codes(migration, now)[:2] == ["signer_not_eligible", "approvals_missing"]


class TestOwnGrant:
    """Whoever gave themselves the role signs nothing for 24 hours."""

    @pytest.fixture
    def by_themselves(self, admin, now):
        grants.grant(actor=admin, now=now, role="approver", person_id=admin.person_id)
        return admin

    def test_not_at_once(self, stage, by_themselves, now):
        migration = submitted(stage)

        with pytest.raises(PermissionDenied, match="you gave yourself the approver role, which signs from 2 March"):
            sign(by_themselves, migration, now)

        page = migration_page(actor=by_themselves, migration_id=migration.pk, now=now)
        assert page.review.why_not == "you gave yourself the approver role, which signs from 2 March 12:00 UTC on"
        signer = next(row for row in page.review.signers if row.username == "admin")
        assert signer.why_not.startswith("gave themselves the approver role")
        assert not Notification.objects.filter(kind="signature_wanted", person_id=by_themselves.person_id).exists()

    def test_a_day_later(self, stage, by_themselves, now):
        migration = submitted(stage)
        page = migration_page(actor=by_themselves, migration_id=migration.pk, now=now + timedelta(hours=24))

        assert page.review.can_sign

    def test_a_grant_by_another_admin_counts_at_once(self, stage, by_themselves, second_admin, now):
        grants.grant(
            actor=second_admin,
            now=now,
            role="approver",
            person_id=by_themselves.person_id,
            environment_id=stage.environment.pk,
        )

        assert sign(by_themselves, submitted(stage), now) is ReviewState.APPROVED

    def test_through_a_group_of_their_own_neither(self, stage, admin, people, now):
        group = Group.objects.create(name="ops")
        people["admin"].groups.add(group)
        people["viewer"].groups.add(group)
        grants.grant(actor=admin, now=now, role="approver", group_id=group.pk)
        migration = submitted(stage)

        with pytest.raises(PermissionDenied, match="you gave yourself"):
            sign(admin, migration, now)
        assert sign(stage.cast.actors["viewer"], migration, now) is ReviewState.APPROVED

    def test_a_signature_from_before_does_not_count_at_the_start(self, stage, admin, second_admin, now):
        given = grants.grant(actor=second_admin, now=now, role="approver", person_id=admin.person_id)
        migration = submitted(stage)
        sign(admin, migration, now)
        grants.revoke(actor=second_admin, now=now, grant_id=given)
        grants.grant(actor=admin, now=now, role="approver", person_id=admin.person_id)

        unmet = start_check(migration, newest(migration), now=now).unmet
        assert unmet[0].message == (
            "admin signed, but gave themselves the approver role, which signs from 2 March 12:00 UTC on."
        )


@pytest.mark.django_db(transaction=True)
class TestRaces:
    def test_two_signers_of_two_slots_at_once_end_approved_once(
        self, stage, admins, approver, second_approver, dba, now
    ):
        in_force(admins, now, requirements=DBA)
        migration = submitted(stage)

        outcomes = at_once(lambda: sign(approver, migration, now), lambda: sign(second_approver, migration, now))

        assert sorted(outcomes) == [ReviewState.APPROVED, ReviewState.IN_REVIEW]
        assert state(migration) == ReviewState.APPROVED
        assert AuditEntry.objects.filter(action="review.approved").count() == 1

    def test_the_last_signature_and_a_stricter_policy_at_once_never_end_approved(
        self, stage, admins, approver, dba, now
    ):
        migration = submitted(stage)
        made = policies.propose(actor=admins[0], now=now, name="Careful", conditions={}, requirements=list(DBA))

        outcomes = at_once(
            lambda: sign(approver, migration, now),
            lambda: policies.confirm(actor=admins[1], now=now, policy_id=made, number=1),
        )

        assert not exceptions(outcomes)
        assert state(migration) == ReviewState.IN_REVIEW
        assert asked(migration) == ["Careful v1", "Plans in staging v1"]

    def test_submitted_while_a_policy_comes_into_force_is_asked_for_it(self, stage, admins, dba, now):
        migration = stage.planned()
        made = policies.propose(actor=admins[0], now=now, name="Careful", conditions={}, requirements=list(DBA))

        outcomes = at_once(
            lambda: reviews.submit(actor=stage.operator, now=now, migration_id=migration.pk),
            lambda: policies.confirm(actor=admins[1], now=now, policy_id=made, number=1),
        )

        assert not exceptions(outcomes)
        assert asked(migration) == ["Careful v1", "Plans in staging v1"]
