import pytest

from migrations_app.models import Person, RoleGrant
from migrations_app.selectors.authoring import authoring_form
from migrations_app.services import targets
from tests.cast import actor_of

pytestmark = pytest.mark.django_db


def test_the_form_comes_from_declarations(stage, operator):
    form = authoring_form(actor=operator, environment_id=stage.environment.pk)

    assert [environment.name for environment in form.environments] == ["dev", "staging", "production"]
    assert (form.environment.name, form.handler.handler) == ("staging", "session")
    assert [role.name for role in form.roles] == ["source", "target"]
    assert [choice.name for choice in form.roles[0].targets] == ["sessions-source", "sessions-target"]
    assert "catch_up_passes" in [field.name for field in form.parameters]
    assert "batch_size" in [field.name for field in form.options]


def test_without_a_choice_it_starts_with_the_first(stage, operator):
    form = authoring_form(actor=operator, environment_id=404, handler="nothing")

    assert (form.environment.name, form.handler.handler) == ("dev", "session")
    assert form.roles[0].targets == ()


@pytest.mark.parametrize("handler", ["config", "upgrade"])
def test_options_that_mean_nothing_to_a_type_are_not_offered(stage, operator, handler):
    form = authoring_form(actor=operator, environment_id=stage.environment.pk, handler=handler)

    offered = {field.name for field in form.options}
    assert offered.isdisjoint({"zero_downtime", "batch_size", "parallel_workers", "cleanup_source"})
    assert {"validation_level", "timeout", "auto_rollback"} <= offered


def test_archived_targets_are_not_offered(stage, admin, operator, now):
    targets.archive(actor=admin, now=now, target_id=stage.target_id, version=1)

    form = authoring_form(actor=operator, environment_id=stage.environment.pk)

    assert [choice.name for choice in form.roles[0].targets] == ["sessions-source"]


def test_only_where_one_may_author(viewer, staging, now):
    assert authoring_form(actor=viewer).environment is None
    local = Person.objects.create_user("local")
    RoleGrant.objects.create(person=local, role="operator", environment=staging, granted_at=now)

    assert [e.name for e in authoring_form(actor=actor_of(local, now)).environments] == ["staging"]
