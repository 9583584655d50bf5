"""Somebody who wants a plan to run that two others do not want: what they try, and what it gets them."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group

from migrations_app.models import (
    BreakGlass,
    Environment,
    Migration,
    Person,
    PolicyVersion,
    RiskWaiver,
    RoleGrant,
    Signature,
    Target,
)
from migrations_app.selectors.migrations import migration_page
from migrations_app.selectors.policies import policy_page
from migrations_app.selectors.start_check import start_check
from migrations_app.services import environments, grants, migrations, people, planning, policies, reviews, targets
from migrations_app.services.actor import Actor
from migrations_app.services.errors import InvalidInput, PermissionDenied
from tests.cast import PASSWORD, actor_of
from tests.policies import in_force, without_any
from tests.services.breaking import broken, close
from tests.services.reviewing import sign, submitted
from tests.stores_on_disk import Stage, newest
from tests.waiving import high, risky, waive

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


DAY = timedelta(hours=24)


@pytest.fixture
def author_and_admin(stage: Stage, now: datetime) -> Actor:
    """The operator who writes the plans is an admin as well, since long ago."""
    RoleGrant.objects.create(person_id=stage.operator.person_id, role="admin", granted_at=now - 30 * DAY)
    return stage.operator


def puppet(giver: Actor, role: str, now: datetime, name: str = "puppet") -> Actor:
    """An account that the giver has just made and given that role."""
    person, _ = Person.objects.get_or_create(username=name, defaults={"email": f"{name}@example.org"})
    person.set_password(PASSWORD)
    person.save()
    grants.grant(actor=giver, now=now, role=role, person_id=person.pk)
    return actor_of(person, now)


def test_whom_the_author_made_an_approver_does_not_sign_for_a_day(
    stage: Stage, author_and_admin: Actor, now: datetime
) -> None:
    signer = puppet(author_and_admin, "approver", now)
    migration = submitted(stage)
    with pytest.raises(PermissionDenied, match="got the approver role from operator less than a day ago"):
        sign(signer, migration, now)
    review = migration_page(actor=signer, migration_id=migration.pk, now=now).review
    assert review.why_not.startswith("you got the approver role from operator")
    assert "puppet" not in {row.username for row in review.signers if not row.why_not}
    assert not Signature.objects.exists()

    tomorrow = now + DAY
    sign(replace(signer, reauthenticated_at=tomorrow), migration, tomorrow)
    assert state(migration) == "approved"


def test_whom_somebody_else_made_an_approver_signs_at_once(stage: Stage, admin: Actor, now: datetime) -> None:
    migration = submitted(stage)
    sign(puppet(admin, "approver", now), migration, now)
    assert state(migration) == "approved"


def test_neither_does_whom_an_admin_made_whom_the_author_made(
    stage: Stage, author_and_admin: Actor, now: datetime
) -> None:
    straw = puppet(author_and_admin, "admin", now, "straw")
    signer = puppet(straw, "approver", now)
    migration = submitted(stage)
    with pytest.raises(PermissionDenied, match="from straw less than a day ago"):
        sign(signer, migration, now)

    RoleGrant.objects.filter(person__username="straw").delete()  # covering the traces makes it no better
    with pytest.raises(PermissionDenied, match="from straw less than a day ago"):
        sign(signer, migration, now)


def test_nobody_gets_the_role_from_an_admin_that_they_have_just_made(stage: Stage, admin: Actor, now: datetime) -> None:
    straw = puppet(admin, "admin", now, "straw")
    grants.grant(actor=straw, now=now, role="approver", person_id=admin.person_id)
    with pytest.raises(PermissionDenied, match="got the approver role from straw less than a day ago"):
        sign(admin, submitted(stage), now)


def test_a_signature_from_before_the_role_was_taken_and_given_anew_does_not_count_either(
    stage: Stage, author_and_admin: Actor, approver: Actor, now: datetime
) -> None:
    migration = submitted(stage)
    sign(approver, migration, now)
    RoleGrant.objects.filter(person_id=approver.person_id).delete()
    grants.grant(actor=author_and_admin, now=now, role="approver", person_id=approver.person_id)

    unmet = {each.code: each.message for each in start_check(migration, newest(migration), now=now).unmet}
    assert "signed, but got the approver role from operator less than a day ago" in unmet["signer_not_eligible"]


@pytest.mark.parametrize("steps", [1, 2])
def test_a_policy_is_not_confirmed_by_an_admin_whom_the_proposer_has_just_made(
    stage: Stage, admin: Actor, now: datetime, steps: int
) -> None:
    other = puppet(admin, "admin", now, "straw")
    if steps == 2:
        other = puppet(other, "admin", now)
    policy = stage.environment.own_policy.pk
    number = policies.propose_change(
        actor=admin,
        now=now,
        policy_id=policy,
        conditions={"scope": "named", "environments": ["staging"]},
        requirements=[],
    )
    with pytest.raises(PermissionDenied, match="you got the admin role from"):
        policies.confirm(actor=other, now=now, policy_id=policy, number=number)
    assert policy_page(actor=other, policy_id=policy, now=now).why_not_confirm.startswith("you got the admin role from")
    assert PolicyVersion.objects.get(policy=policy, number=number).state == "proposed"

    tomorrow = now + DAY
    policies.confirm(actor=replace(other, reauthenticated_at=tomorrow), now=tomorrow, policy_id=policy, number=number)


def test_a_break_glass_is_not_closed_by_whom_its_starter_has_just_made_an_approver(
    stage: Stage, admin: Actor, approver: Actor, now: datetime
) -> None:
    """Its starter is an admin, too, and somebody else wrote the plan."""
    RoleGrant.objects.create(person_id=admin.person_id, role="operator", granted_at=now - 30 * DAY)
    friend = puppet(admin, "approver", now)
    broken(stage, stage.planned(), admin)
    item = BreakGlass.objects.get()
    with pytest.raises(PermissionDenied, match="you got the approver role from admin"):
        close(friend, item, now)
    (row,) = migration_page(actor=friend, migration_id=item.migration_id, now=now).break_glasses
    assert row.why_not is not None
    assert row.why_not.startswith("you got the approver role from admin")

    close(approver, item, now)


@pytest.mark.parametrize("role", ["approver", "admin"])
def test_a_finding_is_not_waived_by_whom_the_author_has_just_given_a_role(
    stage: Stage, author_and_admin: Actor, now: datetime, role: str
) -> None:
    friend = puppet(author_and_admin, role, now)
    migration = risky(stage)
    with pytest.raises(PermissionDenied, match="you got the approver or admin role from operator"):
        waive(friend, migration, now)
    page = migration_page(actor=friend, migration_id=migration.pk, now=now)
    assert page.waiving.why_not.startswith("you got the approver or admin role from operator")
    assert not RiskWaiver.objects.exists()


def test_what_production_guards_is_no_target_of_an_environment_that_asks_for_less(
    stage: Stage, production_stage: Stage, admin: Actor, dev: Environment, now: datetime
) -> None:
    """One admin who makes an environment without signatures, and the store of production a target there."""
    given: dict[str, Any] = {"actor": admin, "now": now, "kind": "session_store"}
    guarded = Target.objects.get(pk=production_stage.source_id)
    lax = environments.create(actor=admin, now=now, name="lab", required_approvals=0)
    for place in (lax, dev.pk, stage.environment.pk):
        with pytest.raises(InvalidInput, match="This is sessions-source of production, which asks for more than"):
            targets.create(**given, environment_id=place, name="shortcut", config=guarded.config)
    with pytest.raises(InvalidInput, match="sessions-source of production"):
        targets.edit(actor=admin, now=now, target_id=stage.source_id, version=1, config=guarded.config)

    lower = Target.objects.get(pk=stage.source_id)  # towards more guard it is nobody's shortcut
    assert targets.create(**given, environment_id=production_stage.environment.pk, name="up", config=lower.config)


def test_less_risk_leads_to_no_plan_without_a_policy_that_could_run(
    stage: Stage, admin: Actor, admins: tuple[Actor, Actor], now: datetime
) -> None:
    """Where a policy is about high risk alone, waiving it away leaves no policy, and that is no free way."""
    without_any()
    in_force(admins, now, risk_at_least="high", requirements=[{"count": 1, "role": "approver"}])
    migration = high(risky(stage))
    reviews.submit(actor=stage.operator, now=now, migration_id=migration.pk)
    waive(admin, migration, now)

    migration.refresh_from_db()
    assert "no_policy" in {each.code for each in start_check(migration, newest(migration), now=now).unmet}
    assert state(migration) == "in_review"


def test_the_author_does_not_switch_the_signatures_off(stage: Stage) -> None:
    with pytest.raises(InvalidInput, match="Approval required is looser than the policy"):
        stage.planned(options={"approval_required": False})


@pytest.mark.parametrize("by_a_group", [True, False])
def test_whoever_the_author_could_be_or_has_put_among_the_approvers_does_not_sign_for_a_day(
    stage: Stage, author_and_admin: Actor, approver: Actor, admin: Actor, now: datetime, by_a_group: bool
) -> None:
    """A role that was given long ago, to a group that the author adds to, or to somebody whose password they set."""
    if by_a_group:
        group = Group.objects.create(name="approvers")
        RoleGrant.objects.create(group=group, role="approver", granted_at=now - 30 * DAY)
        changed = changed_account(author_and_admin, Person.objects.create_user("puppet"), now, group=group)
    else:
        changed = changed_account(author_and_admin, Person.objects.get(pk=approver.person_id), now)
    migration = submitted(stage)

    with pytest.raises(PermissionDenied, match=r"(from|by) operator less than a day ago"):
        sign(changed, migration, now)
    review = migration_page(actor=changed, migration_id=migration.pk, now=now).review
    assert changed.username not in {row.username for row in review.signers if not row.why_not}
    sign(replace(changed, reauthenticated_at=now + DAY), migration, now + DAY)
    assert state(migration) == "approved"


def changed_account(giver: Actor, person: Person, now: datetime, group: Group | None = None) -> Actor:
    """As the administration site does it: another password, or a group."""
    before, password = people.facts(person), person.password
    if group is None:
        person.set_password("another one")
        person.save()
    else:
        person.groups.add(group)
    people.note_what_was_given(actor=giver, now=now, person=person, before=before, password=password)
    return actor_of(person, now)


def test_a_place_for_a_group_is_not_filled_by_whom_the_author_has_just_put_into_it(
    stage: Stage, author_and_admin: Actor, approver: Actor, admin: Actor, now: datetime
) -> None:
    group, signer = Group.objects.create(name="dba"), Person.objects.get(pk=approver.person_id)
    second = actor_of(Person.objects.create_superuser("boss", "boss@example.org", PASSWORD), now)
    in_force((admin, second), now, name="Databases", requirements=[{"group": "dba", "count": 1}])
    changed_account(author_and_admin, signer, now, group=group)
    migration = submitted(stage)
    sign(approver, migration, now)
    assert state(migration) == "in_review"

    signer.groups.clear()
    changed_account(admin, signer, now, group=group)  # by somebody else
    unmet = {each.code for each in start_check(migration, newest(migration), now=now).unmet}
    assert "approvals_missing" in unmet  # one signature fills one place, and two are asked for
    sign(actor_of(Person.objects.get(username="second_approver"), now), migration, now)
    assert state(migration) == "approved"


def test_a_policy_is_not_confirmed_with_the_account_of_somebody_whose_password_the_proposer_has_just_set(
    stage: Stage, admin: Actor, now: datetime
) -> None:
    """Superusers included, who need no role."""
    boss = Person.objects.create_superuser("boss", "boss@example.org", PASSWORD)
    policy = stage.environment.own_policy.pk
    terms = {"conditions": {"scope": "named", "environments": ["staging"]}, "requirements": []}
    number = policies.propose_change(actor=admin, now=now, policy_id=policy, **terms)
    other = changed_account(admin, boss, now)

    with pytest.raises(PermissionDenied, match="your account was made or changed by admin less than a day ago"):
        policies.confirm(actor=other, now=now, policy_id=policy, number=number)
    assert PolicyVersion.objects.get(policy=policy, number=number).state == "proposed"
