from datetime import timedelta

import pytest

from migrations_app.models import RoleGrant
from migrations_app.selectors.freezes import list_freezes
from migrations_app.services import freezes

pytestmark = pytest.mark.django_db


def test_freezes_of_everything_are_seen_by_everybody_and_others_by_those_who_see_the_environment(
    admin, outsider, people, now, dev, staging
):
    for environment_id in (None, dev.pk, staging.pk):
        freezes.create(
            actor=admin, now=now, reason="quarter end", ends_at=now + timedelta(hours=1), environment_id=environment_id
        )

    assert len(list_freezes(actor=admin, now=now)) == 3
    assert [row.where for row in list_freezes(actor=outsider, now=now)] == ["every environment"]
    RoleGrant.objects.create(person=people["outsider"], role="viewer", environment=dev, granted_at=now)
    assert {row.where for row in list_freezes(actor=outsider, now=now)} == {"every environment", "dev"}
    assert {row.where for row in list_freezes(actor=admin, now=now, environment="dev")} == {"every environment", "dev"}
