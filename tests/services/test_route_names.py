import pytest

from migrations_app.models import Route
from migrations_app.services import planning, route_names
from migrations_app.services.errors import InvalidInput
from tests.cast import Cast
from tests.stores_on_disk import Stage

pytestmark = pytest.mark.django_db


def opened(cast: Cast, environment: str, name: str) -> None:
    Route.objects.create(
        environment=cast.environments[environment],
        name=name,
        phase="plain_a",
        authority="a",
        stores={"a": "sessions"},
        changed_at=cast.environments["dev"].created_at,
    )


def test_a_route_of_this_environment_and_a_new_one_are_free(cast: Cast) -> None:
    opened(cast, "staging", "shop")
    route_names.check(cast.environments["staging"], {"parameters.route": "shop", "parameters.other": "new"})


def test_each_route_of_another_environment_is_named(cast: Cast) -> None:
    opened(cast, "dev", "shop")
    opened(cast, "production", "bank")
    with pytest.raises(InvalidInput) as refused:
        route_names.check(cast.environments["staging"], {"parameters.a": "shop", "parameters.b": "bank"})

    assert [problem.field for problem in refused.value.problems] == ["parameters.a", "parameters.b"]
    assert "belongs to dev" in refused.value.problems[0].message


def test_planning_refuses_what_the_run_would_only_find_out(stage: Stage, cast: Cast) -> None:
    opened(cast, "production", "sessions-source")
    migration = stage.migration()
    with pytest.raises(InvalidInput) as refused:
        planning.plan(actor=stage.operator, now=stage.now, migration_id=migration.pk)

    assert [problem.field for problem in refused.value.problems] == ["parameters.route"]
