from dataclasses import replace

import pytest

from migrations_app.models import Person
from migrations_app.services.actor import ANONYMOUS, SYSTEM
from migrations_app.services.errors import NotFound, PermissionDenied
from migrations_app.services.permissions import Permission, Scope, can, require
from tests.cast import actor_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        (
            "operator",
            "view see_calendar comment author validate execute break_glass control roll_back sign_off test_target "
            "follow_routes acknowledge_alerts",
        ),
        ("approver", "view see_calendar comment sign sign_off waive_risk"),
        ("auditor", "view see_calendar comment read_audit verify_audit"),
        ("viewer", "view see_calendar"),
        (
            "admin",
            "view see_calendar comment test_target manage_targets manage_environments manage_people manage_policies "
            "confirm_policies read_audit verify_audit follow_routes waive_risk "
            "manage_secrets manage_webhooks manage_alerts acknowledge_alerts",
        ),
        ("outsider", ""),
    ],
)
def test_the_table(cast, staging, name, allowed):
    held = {permission for permission in Permission if can(cast.actors[name], permission, staging)}

    assert held == set(allowed.split())


def test_snakeweb_itself_may_everything_and_strangers_nothing(staging):
    assert all(can(SYSTEM, permission, None) for permission in Permission)
    assert not any(can(ANONYMOUS, permission, staging) for permission in Permission)


def test_a_superuser_may_everything_but_sign(staging, now):
    boss = actor_of(Person.objects.create_superuser("boss"), now)

    assert {permission for permission in Permission if not can(boss, permission, staging)} == {Permission.SIGN}


def test_an_inactive_person_may_nothing(people, operator, staging):
    people["operator"].is_active = False
    people["operator"].save()

    assert not any(can(operator, permission, staging) for permission in Permission)


def test_a_token_may_what_person_and_scope_both_allow(operator, staging):
    reading = replace(operator, token_id=1, scopes=frozenset({Scope.READ}))
    everything = replace(operator, token_id=1, scopes=frozenset(Scope))

    assert can(reading, Permission.VIEW, staging)
    assert not can(reading, Permission.EXECUTE, staging)
    assert can(everything, Permission.EXECUTE, staging)
    assert not can(everything, Permission.MANAGE_TARGETS, staging)
    assert not can(everything, Permission.SIGN_OFF, staging)


def test_a_refusal_names_role_and_place(viewer, staging):
    with pytest.raises(PermissionDenied, match="viewer may not execute in staging; this needs the role operator") as no:
        require(viewer, Permission.EXECUTE, staging)

    assert "Ask an admin" in no.value.fix


def test_a_refusal_names_the_missing_scope(operator, staging):
    reading = replace(operator, token_id=1, scopes=frozenset({Scope.READ}))

    with pytest.raises(PermissionDenied, match="lacks the scope “operate”"):
        require(reading, Permission.EXECUTE, staging)
    with pytest.raises(PermissionDenied, match="can never do this"):
        require(reading, Permission.SIGN_OFF, staging)


def test_who_cannot_even_look_is_told_nothing(outsider, staging):
    with pytest.raises(NotFound) as hidden:
        require(outsider, Permission.EXECUTE, staging)

    assert hidden.value.hidden
    assert "staging" not in str(hidden.value)
