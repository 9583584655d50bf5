from dataclasses import replace

import pytest

from migrations_app.engine.plan import Plan
from migrations_app.models import Run, Target
from migrations_app.selectors.rehearsals import rehearsal_facts, rehearsed_digests, why_no_rehearsal
from tests.stores_on_disk import newest

pytestmark = pytest.mark.django_db


def rehearsed(migration, people, now, state="succeeded"):
    Run.objects.create(
        migration=migration,
        environment=migration.environment,
        revision=newest(migration),
        kind="rehearsal",
        state=state,
        started_by=people["operator"],
        created_at=now,
    )


def test_only_one_that_succeeded_counts_and_only_for_its_digest(stage, people, now):
    migration, other = stage.planned(), stage.planned(title="Other", parameters={"settle_ms": 0, "route": "other"})
    rehearsed(migration, people, now, "rolled_back")
    assert not rehearsal_facts(newest(migration)).done

    rehearsed(migration, people, now)

    assert rehearsal_facts(newest(migration)).done
    assert rehearsed_digests(migration.pk) == {newest(migration).digest}
    assert not rehearsal_facts(newest(other)).done
    assert rehearsed_digests(None) == frozenset()


def test_what_it_leaves_open_is_said_step_by_step(stage):
    facts = rehearsal_facts(newest(stage.planned()))
    assert facts.why_not == ""
    assert [each.step.split()[0] for each in facts.unproven] == ["Prepare", "Switch", "Verify", "Leave"]


def test_where_a_target_has_no_place_for_one_it_says_why(stage):
    revision = newest(stage.planned())
    Target.objects.filter(pk=stage.target_id).update(config={"store": "beam", "node": "snakepit@host"})
    assert "live node" in rehearsal_facts(revision).why_not


def test_a_plan_whose_targets_are_gone_is_said_to_be_one(stage):
    plan = Plan.from_content(newest(stage.planned()).content)

    assert why_no_rehearsal(replace(plan, targets=())) == "A target of it is gone."
