import pytest

from migrations_app.models import AuditEntry, Environment
from migrations_app.selectors.policy_rules import least_signatures
from migrations_app.services import environments
from migrations_app.services.errors import InvalidInput, NotFound, PermissionDenied
from tests import policies

pytestmark = pytest.mark.django_db


def test_an_admin_makes_an_environment_and_it_is_recorded(admin, now):
    made = environments.create(actor=admin, now=now, name="canary", protected=True, required_approvals=1)

    environment = Environment.objects.get(pk=made)
    assert least_signatures([environment]) == {made: 1}
    assert (environment.name, environment.position, environment.protected) == ("canary", 40, True)
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action, entry.outcome, entry.environment) == (
        "admin",
        "environment.create",
        "allowed",
        "canary",
    )


def test_everybody_else_is_refused_and_that_is_recorded(operator, approver, viewer, outsider, now):
    for actor in (operator, approver, viewer, outsider):
        with pytest.raises(PermissionDenied, match="needs the role admin"):
            environments.create(actor=actor, now=now, name="canary")

    assert Environment.objects.count() == 3
    denials = AuditEntry.objects.filter(action="environment.create", outcome="denied").order_by("seq")
    assert [entry.actor for entry in denials] == ["operator", "approver", "viewer", "outsider"]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 10_000_000}, "name"),
        ({"name": "Not A Name"}, "name"),
        ({"name": "nul\x00"}, "name"),
        ({"name": 7}, "name"),
        ({"name": "dev"}, "name"),
        ({"position": 10}, "position"),
        ({"position": -1}, "position"),
        ({"position": 99_999}, "position"),
        ({"position": "first"}, "position"),
        ({"required_approvals": 21}, "required_approvals"),
        ({"required_approvals": True}, "required_approvals"),
        ({"protected": "yes"}, "protected"),
        ({"description": "x" * 501}, "description"),
    ],
)
def test_bad_input_names_the_field_and_a_fix_and_changes_nothing(admin, now, given, field):
    with pytest.raises(InvalidInput) as refused:
        environments.create(actor=admin, now=now, **{"name": "canary", **given})

    assert [problem.field for problem in refused.value.problems] == [field]
    assert all(problem.fix for problem in refused.value.problems)
    assert Environment.objects.count() == 3
    assert not AuditEntry.objects.exists()


def test_an_edit_changes_what_is_given_only(admin, now, staging):
    environments.edit(actor=admin, now=now, environment_id=staging.pk, description="Almost real.")

    staging.refresh_from_db()
    assert (staging.description, staging.protected, staging.position) == ("Almost real.", False, 20)


def test_one_admin_alone_does_not_change_who_signs(admin, admins, now, staging):
    with pytest.raises(InvalidInput, match="The policies ask for 1 here") as refused:
        environments.edit(actor=admin, now=now, environment_id=staging.pk, required_approvals=0)
    assert [problem.field for problem in refused.value.problems] == ["required_approvals"]

    policies.in_force(admins, now, scope="protected")
    environments.edit(actor=admin, now=now, environment_id=staging.pk, protected=True)
    with pytest.raises(InvalidInput, match="“Careful” asks for signatures in protected environments"):
        environments.edit(actor=admin, now=now, environment_id=staging.pk, protected=False)


def test_a_name_whose_policy_is_taken_is_refused(admin, admins, now):
    policies.in_force(admins, now, name="Plans in canary")

    with pytest.raises(InvalidInput, match="There is a policy “Plans in canary” already"):
        environments.create(actor=admin, now=now, name="canary")


def test_an_edit_that_changes_nothing_is_not_recorded(admin, now, staging):
    environments.edit(actor=admin, now=now, environment_id=staging.pk, required_approvals=1)

    assert not AuditEntry.objects.exists()


def test_what_is_not_there_is_not_found(admin, now):
    for wrong in (0, -1, 10**30, 999_999):
        with pytest.raises(NotFound):
            environments.edit(actor=admin, now=now, environment_id=wrong, protected=True)


def test_an_outsider_does_not_learn_that_it_exists_and_the_attempt_is_recorded(outsider, now, staging):
    with pytest.raises(NotFound):
        environments.edit(actor=outsider, now=now, environment_id=staging.pk, protected=True)

    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.outcome, entry.object_id) == ("outsider", "denied", str(staging.pk))
