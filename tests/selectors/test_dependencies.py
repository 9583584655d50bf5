import pytest

from migrations_app.engine.vocabulary import MigrationStatus
from migrations_app.models import Migration, MigrationDependency
from migrations_app.selectors.dependencies import connected, predecessors_of
from tests.runs import a_run, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def six(now):
    """The first runs before the second and third, these before the fourth; the sixth after the fifth."""
    made = [a_run(f"step_{number}").migration for number in range(6)]
    for migration, predecessor in ((2, 1), (3, 1), (4, 2), (4, 3), (6, 5)):
        MigrationDependency.objects.create(
            migration=made[migration - 1], predecessor=made[predecessor - 1], created_by=person(), created_at=now
        )
    return made


def test_predecessors_stand_where_they_are_now(six):
    Migration.objects.filter(pk=six[1].pk).update(status=MigrationStatus.COMPLETED, title="Second")

    found = predecessors_of(six[3])

    assert [(each.migration_id, each.status) for each in found] == [
        (six[1].pk, MigrationStatus.COMPLETED),
        (six[2].pk, MigrationStatus.EXECUTING),
    ]
    assert found[0].title == "Second"
    assert predecessors_of(six[0]) == ()


def test_what_hangs_together_is_found_from_any_of_it(six):
    one, two, three, four, five, sixth = (migration.pk for migration in six)
    group = {one: set(), two: {one}, three: {one}, four: {two, three}}

    for end in (one, two, four):
        assert connected([end]) == group
    assert connected([three, sixth]) == {**group, five: set(), sixth: {five}}
    assert connected([]) == {}
