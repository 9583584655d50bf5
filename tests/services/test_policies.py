from dataclasses import replace
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, connection, transaction

from migrations_app.engine.vocabulary import PolicyState
from migrations_app.models import (
    AuditEntry,
    Notification,
    Person,
    Policy,
    PolicyRequirement,
    PolicyType,
    PolicyVersion,
)
from migrations_app.selectors.policy_rules import in_force
from migrations_app.services import policies
from migrations_app.services.errors import (
    Conflict,
    InvalidInput,
    NotFound,
    PermissionDenied,
    SignInRequired,
    StepUpRequired,
)
from tests.cast import actor_of
from tests.parallel import at_once, exceptions
from tests.services.reviewing import denials

pytestmark = [pytest.mark.django_db, pytest.mark.db_semantics]

ONE = [{"role": "approver", "count": 1}]


@pytest.fixture
def proposed(admin, now):
    """Id of a policy that waits for its confirmation."""
    return policies.propose(actor=admin, now=now, name="Careful", conditions={}, requirements=ONE, reason="new law")


def states(policy_id):
    return dict(PolicyVersion.objects.filter(policy=policy_id).values_list("number", "state"))


def names_in_force():
    return {policy.name for policy in in_force()}


def test_a_proposal_asks_for_nothing_until_another_admin_confirms_it(proposed, admin, second_admin, now):
    assert "Careful" not in names_in_force()
    with pytest.raises(PermissionDenied, match="You proposed version 1"):
        policies.confirm(actor=admin, now=now, policy_id=proposed, number=1)

    policies.confirm(actor=second_admin, now=now, policy_id=proposed, number=1)

    assert "Careful" in names_in_force()
    version = PolicyVersion.objects.get(policy=proposed)
    assert (version.proposed_by.username, version.confirmed_by.username, version.state) == (
        "admin",
        "second_admin",
        "active",
    )
    trail = AuditEntry.objects.filter(object_type="policy").order_by("seq")
    assert list(trail.values_list("action", "actor", "outcome")) == [
        ("policy.propose", "admin", "allowed"),
        ("policy.confirm", "admin", "denied"),
        ("policy.confirm", "second_admin", "allowed"),
    ]


def test_a_superuser_does_not_confirm_their_own_proposal_either(now):
    boss = actor_of(Person.objects.create_superuser("boss"), now)
    made = policies.propose(actor=boss, now=now, name="Mine", conditions={}, requirements=[])

    with pytest.raises(PermissionDenied, match="you cannot confirm it"):
        policies.confirm(actor=boss, now=now, policy_id=made, number=1)


def test_the_other_admins_are_told_of_a_proposal(second_admin, proposed):
    told = Notification.objects.filter(kind="policy_proposed")
    assert [(row.person.username, "proposes the policy “Careful”" in row.text) for row in told] == [
        ("second_admin", True)
    ]


def test_a_change_replaces_the_version_in_force_and_retires_it(proposed, admin, second_admin, now):
    policies.confirm(actor=second_admin, now=now, policy_id=proposed, number=1)
    number = policies.propose_change(
        actor=second_admin, now=now, policy_id=proposed, conditions={"risk_at_least": "high"}, requirements=ONE
    )
    assert states(proposed) == {1: "active", 2: "proposed"}

    policies.confirm(actor=admin, now=now, policy_id=proposed, number=number)

    assert states(proposed) == {1: "retired", 2: "active"}
    (policy,) = (each for each in in_force() if each.name == "Careful")
    assert policy.conditions.sentence() == "plans of high risk in every environment"


def test_what_is_in_force_already_is_no_proposal(admin, second_admin, now):
    both = [{"role": "approver"}, {"role": "admin", "count": 2}]
    terms = {"conditions": {"types": ["session_migration", "config_migration"]}, "requirements": both}
    made = policies.propose(actor=admin, now=now, name="Careful", **terms)
    policies.confirm(actor=second_admin, now=now, policy_id=made, number=1)
    same = {"conditions": {"types": ["config_migration", "session_migration"]}, "requirements": both[::-1]}
    with pytest.raises(Conflict, match="says exactly this; nothing was proposed") as refused:
        policies.propose_change(actor=admin, now=now, policy_id=made, **same)
    assert refused.value.reason == "nothing_changes"
    assert states(made) == {1: "active"}
    assert policies.propose_change(actor=admin, now=now, policy_id=made, **same | {"requirements": both[:1]}) == 2


def test_a_retirement_takes_two_admins_too_and_the_policy_can_come_back(proposed, admin, second_admin, now):
    policies.confirm(actor=second_admin, now=now, policy_id=proposed, number=1)
    number = policies.propose_retirement(actor=admin, now=now, policy_id=proposed)
    assert "Careful" in names_in_force()

    policies.confirm(actor=second_admin, now=now, policy_id=proposed, number=number)

    assert states(proposed) == {1: "retired", 2: "retired"}
    assert "Careful" not in names_in_force()
    with pytest.raises(Conflict, match="is not in force"):
        policies.propose_retirement(actor=admin, now=now, policy_id=proposed)
    again = policies.propose_change(actor=admin, now=now, policy_id=proposed, conditions={}, requirements=ONE)
    policies.confirm(actor=second_admin, now=now, policy_id=proposed, number=again)
    assert "Careful" in names_in_force()


@pytest.mark.parametrize("ago", [timedelta(seconds=301), None])
def test_it_is_put_in_force_with_a_fresh_proof_of_presence_only(proposed, second_admin, now, ago):
    absent = replace(second_admin, reauthenticated_at=None if ago is None else now - ago)
    with pytest.raises(StepUpRequired, match="nothing was changed"):
        policies.confirm(actor=absent, now=now, policy_id=proposed, number=1)
    assert states(proposed) == {1: "proposed"}

    present = replace(second_admin, reauthenticated_at=now - timedelta(seconds=300))
    policies.confirm(actor=present, now=now, policy_id=proposed, number=1)
    assert "Careful" in names_in_force()


def test_one_proposal_at_a_time_and_a_withdrawn_one_never_comes_into_force(proposed, second_admin, now):
    with pytest.raises(Conflict) as refused:
        policies.propose_change(actor=second_admin, now=now, policy_id=proposed, conditions={}, requirements=ONE)
    assert refused.value.reason == "proposal_waits"

    policies.withdraw(actor=second_admin, now=now, policy_id=proposed, number=1, reason="not like this")

    with pytest.raises(Conflict) as gone:
        policies.confirm(actor=second_admin, now=now, policy_id=proposed, number=1)
    assert gone.value.reason == "not_proposed"
    assert states(proposed) == {1: "withdrawn"}


@pytest.mark.parametrize("name", ["operator", "approver", "auditor", "viewer", "outsider"])
def test_only_admins_decide_on_policies(proposed, cast, now, name):
    actor = cast.actors[name]
    for act in (
        lambda: policies.propose(actor=actor, now=now, name="x", conditions={}, requirements=[]),
        lambda: policies.propose_change(actor=actor, now=now, policy_id=proposed, conditions={}, requirements=[]),
        lambda: policies.propose_retirement(actor=actor, now=now, policy_id=proposed),
        lambda: policies.confirm(actor=actor, now=now, policy_id=proposed, number=1),
        lambda: policies.withdraw(actor=actor, now=now, policy_id=proposed, number=1),
    ):
        with pytest.raises(PermissionDenied, match="needs the role admin"):
            act()

    assert len(denials()) == 5
    assert states(proposed) == {1: "proposed"}


def test_a_token_proposes_with_the_admin_scope_and_never_confirms(admin, second_admin, now):
    program = replace(admin, token_id=1, scopes=frozenset({"admin"}))
    made = policies.propose(actor=program, now=now, name="By a program", conditions={}, requirements=ONE)

    with pytest.raises(SignInRequired, match="A token cannot put a policy in force"):
        policies.confirm(
            actor=replace(second_admin, token_id=2, scopes=frozenset({"admin"})), now=now, policy_id=made, number=1
        )


def test_what_is_not_there_is_not_found(admin, now):
    for wrong in (0, -1, 10**30, 999_999):
        with pytest.raises(NotFound):
            policies.withdraw(actor=admin, now=now, policy_id=wrong, number=1)


def test_a_name_is_used_once(proposed, admin, now):
    with pytest.raises(InvalidInput, match="There is a policy “Careful” already"):
        policies.propose(actor=admin, now=now, name="Careful", conditions={}, requirements=ONE)


class TestInTheDatabase:
    def refused(self, act):
        with pytest.raises(IntegrityError), transaction.atomic():
            act()

    def test_a_version_never_changes(self, proposed):
        rows = PolicyVersion.objects.filter(policy=proposed)
        changes = ({"risk_at_least": "high"}, {"reason": "x"}, {"number": 7}, {"irreversible": True})
        for change in (*changes, {"comment_required": True}):
            self.refused(lambda change=change: rows.update(**change))

        self.refused(lambda: PolicyRequirement.objects.filter(version__policy=proposed).update(count=9))

    def test_nothing_is_added_to_a_version_in_force(self, proposed, second_admin, staging, now):
        policies.confirm(actor=second_admin, now=now, policy_id=proposed, number=1)
        version = PolicyVersion.objects.get(policy=proposed)

        self.refused(lambda: PolicyRequirement.objects.create(version=version, role="admin", count=1))
        self.refused(lambda: PolicyType.objects.create(version=version, type="data_migration"))
        self.refused(lambda: version.environments.add(staging))

    def test_only_somebody_else_puts_it_in_force(self, proposed, people):
        rows = PolicyVersion.objects.filter(policy=proposed)

        self.refused(lambda: rows.update(state=PolicyState.ACTIVE))
        self.refused(lambda: rows.update(state=PolicyState.ACTIVE, confirmed_by=people["admin"]))
        assert rows.update(state=PolicyState.ACTIVE, confirmed_by=people["auditor"]) == 1
        self.refused(lambda: rows.update(state=PolicyState.PROPOSED))

    def test_one_version_is_active_and_one_waits_at_most(self, proposed, people, now):
        policy = Policy.objects.get(pk=proposed)
        another = {"policy": policy, "number": 2, "proposed_by": people["admin"], "proposed_at": now}

        self.refused(lambda: PolicyVersion.objects.create(**another))
        PolicyVersion.objects.filter(policy=policy).update(state="active", confirmed_by=people["auditor"])
        self.refused(lambda: PolicyVersion.objects.create(**another, state="active", confirmed_by=people["auditor"]))

    def test_a_requirement_is_of_a_role_or_of_a_group(self, proposed, people):
        version = PolicyVersion.objects.get(policy=proposed)
        group = Group.objects.create(name="dba")

        self.refused(lambda: PolicyRequirement.objects.create(version=version, role="admin", group=group, count=1))
        self.refused(lambda: PolicyRequirement.objects.create(version=version, count=1))
        self.refused(lambda: PolicyRequirement.objects.create(version=version, group=group, count=0))


@pytest.mark.django_db(transaction=True)
def test_of_two_admins_who_confirm_at_once_one_does(admin, second_admin, now):
    third = actor_of(Person.objects.create_superuser("third"), now)
    made = policies.propose(actor=admin, now=now, name="Careful", conditions={}, requirements=ONE)

    outcomes = at_once(
        *(
            lambda actor=actor: policies.confirm(actor=actor, now=now, policy_id=made, number=1)
            for actor in (second_admin, third)
        )
    )

    assert [refusal.reason for refusal in exceptions(outcomes)] == ["not_proposed"]
    assert states(made) == {1: "active"}
    assert AuditEntry.objects.filter(action="policy.confirm", outcome="allowed").count() == 1


@pytest.mark.django_db(transaction=True)
def test_confirmed_and_withdrawn_at_once_ends_as_one_of_the_two(admin, second_admin, now):
    made = policies.propose(actor=admin, now=now, name="Careful", conditions={}, requirements=ONE)

    outcomes = at_once(
        lambda: policies.confirm(actor=second_admin, now=now, policy_id=made, number=1),
        lambda: policies.withdraw(actor=admin, now=now, policy_id=made, number=1),
    )

    assert len(exceptions(outcomes)) == 1
    assert states(made)[1] in {"active", "withdrawn"}


def test_the_triggers_are_there():
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE '%polic%'")
        else:
            cursor.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgname LIKE '%polic%'")
        assert len({row[0] for row in cursor.fetchall()}) == 7
