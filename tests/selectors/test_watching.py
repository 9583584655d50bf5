import pytest

from migrations_app.models import Person, RoleGrant, Run
from migrations_app.selectors.refusals import NotFound
from migrations_app.selectors.watching import watching
from migrations_app.services.actor import SYSTEM, Actor
from tests.runs import a_run

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_semantics]


@pytest.fixture
def run(cast: object) -> Run:
    return a_run()


def test_people_with_the_same_roles_there_are_one_audience(run: Run, approver: Actor, second_approver: Actor) -> None:
    seen = watching(actor=approver, run_id=run.pk)
    assert (seen.newest, seen.audience) == (1, "approver")
    assert watching(actor=second_approver, run_id=run.pk) == seen


def test_a_superuser_is_an_audience_apart(run: Run, approver: Actor, people: dict[str, Person]) -> None:
    Person.objects.filter(pk=people["approver"].pk).update(is_superuser=True)
    assert watching(actor=approver, run_id=run.pk).audience == "approver,superuser"


def test_without_a_role_there_is_nothing(run: Run, outsider: Actor, viewer: Actor, people: dict[str, Person]) -> None:
    for actor, run_id in ((outsider, run.pk), (viewer, run.pk + 1_000)):
        with pytest.raises(NotFound):
            watching(actor=actor, run_id=run_id)
    watching(actor=viewer, run_id=run.pk)
    RoleGrant.objects.all().delete()
    with pytest.raises(NotFound):
        watching(actor=viewer, run_id=run.pk)


def test_the_system_sees_everything(run: Run) -> None:
    assert watching(actor=SYSTEM, run_id=run.pk).newest == 1
