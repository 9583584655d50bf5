from datetime import timedelta

import pytest

from migrations_app.models import RoleGrant
from migrations_app.selectors.freezes import list_freezes, visible_freeze
from migrations_app.selectors.refusals import NotFound
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


def test_a_freeze_of_a_hidden_environment_is_refused_as_one_that_there_is_not(admin, outsider, now, dev):
    made = freezes.create(actor=admin, now=now, reason="audit", ends_at=now + timedelta(hours=1), environment_id=dev.pk)
    assert visible_freeze(actor=admin, freeze_id=made, now=now).reason == "audit"
    with pytest.raises(NotFound) as hidden:
        visible_freeze(actor=outsider, freeze_id=made, now=now)
    with pytest.raises(NotFound) as absent:
        visible_freeze(actor=admin, freeze_id=2**70, now=now)
    assert (hidden.value.hidden, hidden.value.environment, absent.value.hidden) == (True, "dev", False)
    assert hidden.value.message == f"There is no freeze {made} that you may see."
