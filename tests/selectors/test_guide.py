import pytest

from migrations_app.engine.events import EventType
from migrations_app.engine.vocabulary import ReviewState, RunKind
from migrations_app.models import Migration, Run
from migrations_app.selectors.guide import guide
from migrations_app.services import people, sketches, targets
from tests.cast import NOW
from tests.policies import asks_for
from tests.selectors.journal import event, told
from tests.stores_on_disk import newest

pytestmark = pytest.mark.django_db


def open_step(actor):
    return next(step for step in guide(actor=actor, now=NOW).steps if step.now)


def test_it_suggests_two_targets_that_nothing_uses(stage, operator, now):
    assert guide(actor=operator, now=NOW).suggestion is None
    for target_id in (stage.source_id, stage.target_id):
        targets.test(actor=operator, now=now, target_id=target_id)

    found = guide(actor=operator, now=NOW)

    assert (found.suggestion.source_id, found.suggestion.target_id) == (stage.source_id, stage.target_id)
    assert (found.suggestion.environment, found.suggestion.sessions) == ("staging", 20)
    assert [step.key for step in found.steps] == ["write", "plan", "dry_run", "sign", "run"]
    assert "By 1 other person" in found.steps[3].text
    stage.migration()
    assert guide(actor=operator, now=NOW).suggestion is None


def test_it_follows_the_newest_own_migration(stage, operator, admins):
    assert open_step(operator).key == "write"
    begun = sketches.begin(actor=operator, now=stage.now, values={"title": "Begun"}, typed=True)
    assert guide(actor=operator, now=NOW).sketch.id == begun

    migration = stage.planned()
    assert open_step(operator).key == "dry_run"
    assert (guide(actor=operator, now=NOW).migration_id, guide(actor=operator, now=NOW).sketch) == (migration.pk, None)
    Run.objects.create(
        migration=migration,
        environment=migration.environment,
        revision=newest(migration),
        kind=RunKind.DRY_RUN,
        state="succeeded",
        started_by=migration.created_by,
        created_at=stage.now,
    )
    assert open_step(operator).key == "sign"
    Migration.objects.update(review_state=ReviewState.APPROVED)
    assert open_step(operator).key == "run"
    asks_for(stage.environment, 0, admins, stage.now)
    assert "asks for no signature" in guide(actor=operator, now=NOW).steps[3].text


def test_who_has_started_a_run_or_put_it_away_or_may_not_write_has_none(stage, operator, admin, viewer, now):
    assert guide(actor=viewer, now=NOW) is None
    assert guide(actor=admin, now=NOW) is None
    people.show_guide(actor=operator, now=NOW, shown=False)
    assert guide(actor=operator, now=NOW) is None
    people.show_guide(actor=operator, now=NOW, shown=True)
    assert guide(actor=operator, now=NOW) is not None

    run = told(event(EventType.RUN_STARTED), start=now)
    Run.objects.filter(pk=run.pk).update(started_by=operator.person_id)

    assert guide(actor=operator, now=NOW) is None
