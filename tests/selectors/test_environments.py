import pytest

from migrations_app.models import Person, RoleGrant
from migrations_app.selectors.environments import environment_page, environment_row, list_environments
from migrations_app.selectors.refusals import NotFound
from tests.cast import NOW, actor_of

pytestmark = pytest.mark.django_db


def test_in_order_of_promotion_with_counts(stage, viewer):
    stage.planned()

    rows = list_environments(actor=viewer)

    assert [row.name for row in rows] == ["dev", "staging", "production"]
    assert [(row.targets, row.open_migrations, row.live_runs) for row in rows] == [(0, 0, 0), (2, 1, 0), (0, 0, 0)]


def test_one_sees_only_ones_own(staging, dev, outsider, now):
    local = Person.objects.create_user("local")
    RoleGrant.objects.create(person=local, role="viewer", environment=staging, granted_at=now)
    actor = actor_of(local, now)

    assert [row.name for row in list_environments(actor=actor)] == ["staging"]
    for hidden in (dev.pk, 0, 10**30, "x"):
        with pytest.raises(NotFound):
            environment_row(actor=actor, environment_id=hidden)
    assert list_environments(actor=outsider) == ()


def test_the_page_of_an_environment(stage, admin, viewer):
    stage.planned()

    page = environment_page(now=NOW, actor=viewer, environment_id=stage.environment.pk)

    assert [target.name for target in page.targets] == ["sessions-source", "sessions-target"]
    assert [migration.title for migration in page.migrations] == ["Move sessions"]
    assert ("viewers", True, True) in [(grant.holder, grant.is_group, grant.everywhere) for grant in page.grants]
    assert (page.can_edit, page.can_add_target) == (False, False)
    assert environment_page(now=NOW, actor=admin, environment_id=stage.environment.pk).can_edit
