import pytest

from migrations_app.engine.events import EventType
from migrations_app.selectors.refusals import NotFound
from migrations_app.selectors.statuses import plan_dict, run_dict, status_dict
from tests.cast import NOW
from tests.selectors.journal import event, told

pytestmark = pytest.mark.django_db

PLAN = {
    "id", "type", "source_state", "target_state", "steps", "rollback_steps", "rollback_plan", "dependencies",
    "estimated_duration", "risk_level", "risk_assessment", "validation_requirements", "created_at", "created_by",
    "signature_requirements", "digest", "revision",
}  # fmt: skip
STATUS = {
    "migration_id", "status", "progress", "current_step", "start_time", "end_time", "duration", "errors", "warnings",
    "rollback_available", "metadata", "execution_progress",
}  # fmt: skip
RESULT = {
    "status", "migration_id", "duration", "steps_completed", "steps_total", "rollback_info", "validation_results",
    "errors", "downtime", "completed_steps", "failed_steps", "estimated_completion", "warnings", "metadata",
}  # fmt: skip


def test_a_plan_has_every_field_of_the_original(stage, viewer):
    migration = stage.planned()

    plan = plan_dict(actor=viewer, now=NOW, migration_id=migration.pk)

    assert plan.keys() >= PLAN
    assert plan["signature_requirements"] == [{"role": "approver", "count": 1}]
    assert plan["created_by"] == "operator"
    with pytest.raises(NotFound):
        plan_dict(actor=viewer, now=NOW, migration_id=stage.migration().pk)


def test_a_status_has_every_field_before_and_during_a_run(stage, viewer, now):
    before = status_dict(actor=viewer, migration_id=stage.migration().pk, now=now)
    run = told(event(EventType.RUN_STARTED), event(EventType.STEP_STARTED, "one"), start=now)
    during = status_dict(actor=viewer, migration_id=run.migration_id, now=now)

    assert before.keys() >= STATUS
    assert during.keys() >= STATUS
    assert (before["status"], before["metadata"]["run"]) == ("draft", None)
    assert (during["current_step"], during["metadata"]["run"], during["rollback_available"]) == ("one", run.pk, False)


def test_a_run_has_every_field_of_the_original_result(viewer, outsider, now):
    run = told(event(EventType.RUN_STARTED), start=now)

    result = run_dict(actor=viewer, run_id=run.pk, now=now)

    assert result.keys() >= RESULT
    assert (result["run"], result["kind"], result["state"], result["steps_total"]) == (run.pk, "apply", "running", 2)
    with pytest.raises(NotFound):
        run_dict(actor=outsider, run_id=run.pk, now=now)
