import pytest
from pytest_django import Settings

from migrations_app.models import RoleGrant
from migrations_app.selectors.invitations import InvitationState, list_invitations, offer
from migrations_app.selectors.refusals import PermissionDenied
from migrations_app.services import invitations
from tests.cast import NOW, Cast

pytestmark = pytest.mark.django_db


def test_admins_see_those_of_their_environments(cast: Cast, settings: Settings) -> None:
    admin = cast.actors["admin"]
    for name in ("dev", "staging"):
        invitations.invite(
            actor=admin, now=NOW, email=f"{name}@x.org", role="viewer", environment_id=cast.environments[name].pk
        )
    everywhere = invitations.invite(actor=admin, now=NOW, email="all@x.org", role="approver")
    assert [row.email for row in list_invitations(actor=admin, now=NOW)] == ["all@x.org", "staging@x.org", "dev@x.org"]
    assert {row.state for row in list_invitations(actor=admin, now=NOW)} == {InvitationState.OPEN}
    expired = list_invitations(actor=admin, now=NOW + invitations.LIFETIME)
    assert {row.state for row in expired} == {InvitationState.EXPIRED}

    settings.SNAKEWEB_SECOND_FACTOR_ROLES = ("approver",)
    offered = offer(invitation_id=everywhere.id, now=NOW)
    assert offered is not None
    assert (offered.email, offered.environment, offered.second_factor) == ("all@x.org", "", True)
    assert offer(invitation_id=everywhere.id, now=NOW + invitations.LIFETIME) is None

    RoleGrant.objects.filter(person=cast.people["admin"]).update(environment=cast.environments["staging"])
    assert [row.email for row in list_invitations(actor=admin, now=NOW)] == ["staging@x.org"]
    with pytest.raises(PermissionDenied):
        list_invitations(actor=cast.actors["operator"], now=NOW)
