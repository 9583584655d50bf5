"""A migration runs after others: never in a circle, whoever says so at the same time."""

import pytest

from migrations_app.engine.vocabulary import MigrationStatus
from migrations_app.models import AuditEntry, Migration, MigrationDependency, RoleGrant
from migrations_app.selectors.dependencies import predecessors_of
from migrations_app.services import dependencies, runs
from migrations_app.services.errors import Conflict, NotFound, PermissionDenied
from tests.parallel import at_once, exceptions
from tests.session_runs import sqlite_migration

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_semantics]


@pytest.fixture
def four(cast, tmp_path):
    """Planned migrations of different targets."""
    made = [sqlite_migration(tmp_path, name=name, count=5, dry_run_required=False) for name in "abcd"]
    return [rows.revision.migration for rows in made]


def after(actor, now, migration, predecessor):
    dependencies.add(actor=actor, now=now, migration_id=migration.pk, predecessor_id=predecessor.pk)


def pairs():
    return set(MigrationDependency.objects.values_list("migration", "predecessor"))


def test_it_does_not_start_before_the_other_one_has_completed(operator, now, four):
    first, second, *_ = four
    after(operator, now, second, first)
    after(operator, now, second, first)

    with pytest.raises(Conflict) as refused:
        runs.execute_migration(actor=operator, now=now, migration_id=second.pk)

    (problem,) = refused.value.details["problems"]
    assert (problem["code"], problem["about"]) == ("waits_for", {"kind": "migration", "id": first.pk})
    assert "which is planned" in problem["message"]
    assert [each.migration_id for each in predecessors_of(second)] == [first.pk]
    Migration.objects.filter(pk=first.pk).update(status=MigrationStatus.COMPLETED)
    runs.execute_migration(actor=operator, now=now, migration_id=second.pk)
    assert list(AuditEntry.objects.filter(outcome="allowed").order_by("seq").values_list("action", flat=True)) == [
        "dependency.add",
        "run.execute",
    ]


def test_one_that_was_rolled_back_says_what_to_do(operator, now, four):
    first, second, *_ = four
    after(operator, now, second, first)
    Migration.objects.filter(pk=first.pk).update(status=MigrationStatus.ROLLED_BACK)

    with pytest.raises(Conflict, match="rolled back") as refused:
        runs.execute_migration(actor=operator, now=now, migration_id=second.pk)

    assert "Clone that one" in refused.value.fix


def test_a_circle_is_named_and_changes_nothing(operator, now, four):
    a, b, c, _ = four
    after(operator, now, b, a)
    after(operator, now, c, b)
    before = pairs()

    with pytest.raises(Conflict) as refused:
        after(operator, now, a, c)

    assert (refused.value.reason, refused.value.details["circle"]) == ("circle", [a.pk, c.pk, b.pk, a.pk])
    assert pairs() == before
    with pytest.raises(Conflict, match="for ever"):
        after(operator, now, a, a)


def test_a_circle_that_several_people_close_at_once_stays_open(operator, now, four):
    """Each of the four wishes alone is harmless; the last two have no migration in common."""
    a, b, c, d = four
    wishes = [(b, a), (c, b), (d, c), (a, d)]

    outcomes = at_once(*[lambda pair=pair: after(operator, now, *pair) for pair in wishes])

    (lost,) = exceptions(outcomes)
    assert isinstance(lost, Conflict)
    assert lost.reason == "circle"
    assert len(pairs()) == 3


def test_two_halves_of_a_circle_at_once(operator, now, four):
    a, b, c, d = four
    after(operator, now, c, b)
    after(operator, now, a, d)

    outcomes = at_once(lambda: after(operator, now, b, a), lambda: after(operator, now, d, c))

    (lost,) = exceptions(outcomes)
    assert lost.reason == "circle"


def test_it_is_taken_back_by_those_who_may_start_it(operator, viewer, now, four):
    a, b, *_ = four
    after(operator, now, b, a)
    with pytest.raises(PermissionDenied):
        dependencies.remove(actor=viewer, now=now, migration_id=b.pk, predecessor_id=a.pk)
    with pytest.raises(PermissionDenied):
        after(viewer, now, a, b)

    dependencies.remove(actor=operator, now=now, migration_id=b.pk, predecessor_id=a.pk)

    assert pairs() == set()
    with pytest.raises(NotFound):
        dependencies.remove(actor=operator, now=now, migration_id=b.pk, predecessor_id=a.pk)
    with pytest.raises(NotFound):
        dependencies.add(actor=operator, now=now, migration_id=b.pk, predecessor_id=999)


def test_one_that_has_started_waits_for_nothing_more(operator, now, four):
    a, b, *_ = four
    runs.execute_migration(actor=operator, now=now, migration_id=b.pk)

    with pytest.raises(Conflict, match="waits for nothing more"):
        after(operator, now, b, a)


def test_what_another_environment_does_is_not_told_to_whoever_may_not_see_it(cast, now, four):
    """Neither by what keeps a migration from starting nor by a circle through it."""
    operator = cast.actors["operator"]
    first, second, third, _ = four
    Migration.objects.filter(pk=first.pk).update(environment=cast.environments["production"], title="Secret plan")
    for later, earlier in ((second, first), (first, third)):
        after(operator, now, later, earlier)
    RoleGrant.objects.filter(person_id=operator.person_id).update(environment=second.environment)

    with pytest.raises(Conflict) as refused:
        runs.execute_migration(actor=operator, now=now, migration_id=second.pk)
    assert f"It runs after migration {first.pk} of another environment" in refused.value.message
    with pytest.raises(Conflict) as closes:
        after(operator, now, third, second)
    assert closes.value.reason == "circle"
    assert f"migration {first.pk} of another environment" in closes.value.message
    for each in (refused.value, closes.value):
        assert "Secret plan" not in str((each.message, each.fix, each.details))
