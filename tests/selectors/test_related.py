import pytest

from migrations_app.engine.vocabulary import MigrationStatus, Role
from migrations_app.models import Migration, MigrationDependency, RoleGrant
from migrations_app.selectors.refusals import NotFound
from migrations_app.selectors.related import related_page
from tests.runs import a_run, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def three(cast, now):
    """One after the other."""
    made = [a_run(f"step_{number}").migration for number in range(3)]
    for after, before in ((1, 0), (2, 1)):
        MigrationDependency.objects.create(
            migration=made[after], predecessor=made[before], created_by=person(), created_at=now
        )
    return made


def test_the_group_its_waves_and_how_far_it_is(three, viewer, now):
    first, second, third = three
    Migration.objects.filter(pk=first.pk).update(status=MigrationStatus.COMPLETED)

    page = related_page(actor=viewer, migration_id=second.pk, now=now)

    assert [[one.id for one in wave] for wave in page.waves] == [[first.pk], [second.pk], [third.pk]]
    assert ([one.id for one in page.before], [one.id for one in page.after]) == ([first.pk], [third.pk])
    assert (page.completed, page.total, page.percentage) == (1, 3, 33)
    assert page.before[0].run_id is not None
    assert (page.queue, page.may_add, page.may_remove) == (None, False, False)


def test_what_is_hidden_is_counted_and_not_named(three, outsider, dev, production, now):
    _, second, third = three
    Migration.objects.filter(pk=third.pk).update(environment=production)
    RoleGrant.objects.create(person_id=outsider.person_id, role=Role.VIEWER, environment=dev, granted_at=now)

    page = related_page(actor=outsider, migration_id=second.pk, now=now)

    assert (len(page.waves), page.total, page.hidden, page.after) == (2, 2, 1, ())


def test_a_stranger_finds_nothing(three, outsider, now):
    with pytest.raises(NotFound):
        related_page(actor=outsider, migration_id=three[0].pk, now=now)
