import pytest
from allauth.mfa.models import Authenticator

from migrations_app.models import RoleGrant
from migrations_app.selectors.people import list_people, one_person
from migrations_app.selectors.refusals import NotFound, PermissionDenied
from tests.cast import Cast

pytestmark = pytest.mark.django_db


def test_everybody_is_listed_with_what_they_hold(cast: Cast) -> None:
    RoleGrant.objects.filter(role="operator").update(environment=cast.environments["staging"])
    Authenticator.objects.create(user=cast.people["approver"], type="totp", data={})

    rows = {row.username: row for row in list_people(actor=cast.actors["admin"])}

    assert set(rows) == set(cast.people)
    assert rows["operator"].roles == ("operator in staging",)
    assert rows["viewer"].roles == ("viewer in every environment",)  # through a group
    assert rows["outsider"].roles == ()
    assert [name for name, row in rows.items() if row.second_factor] == ["approver"]
    assert one_person(actor=cast.actors["admin"], person_id=cast.people["viewer"].pk) == rows["viewer"]


def test_nobody_else_sees_them(cast: Cast) -> None:
    for name in ("operator", "auditor", "outsider"):
        with pytest.raises(PermissionDenied):
            list_people(actor=cast.actors[name])
        with pytest.raises(PermissionDenied):
            one_person(actor=cast.actors[name], person_id=cast.people["viewer"].pk)
    with pytest.raises(NotFound):
        one_person(actor=cast.actors["admin"], person_id=999_999)
