import pytest

from migrations_app.engine.events import EventType
from migrations_app.engine.vocabulary import ReviewState
from migrations_app.models import Migration, Person, RoleGrant, Target
from migrations_app.selectors.first_steps import first_steps
from migrations_app.services import targets
from tests.cast import NOW, actor_of
from tests.policies import asks_for
from tests.selectors.journal import event, told

pytestmark = pytest.mark.django_db


def done(actor):
    return [step.key for step in first_steps(actor=actor, now=NOW) if step.done]


def now_of(actor):
    return next(step for step in first_steps(actor=actor, now=NOW) if step.now)


def test_an_empty_installation_begins_at_the_beginning_and_says_who(now):
    root = actor_of(Person.objects.create_superuser("root", first_name="Ruth", last_name="Root"), now)
    helper = Person.objects.create_user("helper")
    RoleGrant.objects.create(person=helper, role="operator", granted_at=now)

    steps = {step.key: step for step in first_steps(actor=root, now=NOW)}
    assert list(steps) == ["environment", "targets", "test", "write", "sign", "run"]
    assert (steps["environment"].now, steps["environment"].can, steps["environment"].who) == (True, True, "")
    assert steps["sign"].nobody
    assert "gives somebody the role approver" in steps["sign"].who
    step = now_of(actor_of(helper, now))
    assert (step.key, step.can, step.nobody, step.who) == ("environment", False, False, "Ruth Root can do this.")


def test_ticks_follow_the_data(stage, operator, now):
    assert done(operator) == ["environment", "targets"]
    assert now_of(operator).object_id == stage.source_id

    for target_id in (stage.source_id, stage.target_id):
        targets.test(actor=operator, now=now, target_id=target_id)
    assert done(operator) == ["environment", "targets", "test"]
    migration = stage.planned()
    step = now_of(operator)
    assert (step.key, step.can, step.object_id) == ("sign", False, migration.pk)
    assert step.who == "approver, second_approver can do this."

    Migration.objects.update(review_state=ReviewState.APPROVED)
    assert now_of(operator).key == "run"
    Target.objects.filter(pk=stage.target_id).update(kind="worker_pool")
    assert now_of(operator).key == "targets"
    Target.objects.filter(pk=stage.target_id).update(kind="session_store", archived_at=now)
    assert now_of(operator).key == "targets"


def test_no_signature_where_none_is_asked_for(stage, operator, admins, now):
    asks_for(stage.environment, 0, admins, now)
    stage.migration()

    sign = next(step for step in first_steps(actor=operator, now=NOW) if step.key == "sign")

    assert (sign.done, sign.text) == (True, "staging asks for no signature.")


def test_over_once_something_has_run_and_never_for_outsiders(stage, operator, outsider, now):
    assert first_steps(actor=outsider, now=NOW) == ()
    told(event(EventType.RUN_STARTED), event(EventType.RUN_SUCCEEDED), start=now)

    assert first_steps(actor=operator, now=NOW) == ()
