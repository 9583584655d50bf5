"""Every field of the seed's shapes is there under its own name, with a value that is right."""

import json
from datetime import timedelta
from typing import Any

import pytest

from migrations_app.engine.errors import StepFailed
from migrations_app.engine.planner import create_plan
from migrations_app.engine.results import (
    PlanFacts,
    StatusFacts,
    execution_progress,
    migration_result,
    migration_status,
    plan_document,
)
from migrations_app.engine.vocabulary import MigrationStatus
from migrations_app.testing.driving import LocalRun
from migrations_app.testing.interposing import Call, Moment
from migrations_app.testing.memory import START
from tests.engine.toy import ToyHandler, World, local_run, spec

SEED = {
    "migration_result": (
        "status migration_id duration steps_completed steps_total rollback_info validation_results errors "
        "downtime migration_results warnings completed_steps failed_steps metadata"
    ),
    "execution_progress": (
        "current_step total_steps completed_steps failed_steps start_time estimated_completion "
        "steps_completed steps_total percentage estimated_remaining"
    ),
    "status": (
        "migration_id status progress current_step start_time end_time duration errors warnings "
        "rollback_available metadata"
    ),
    "progress": "steps_completed steps_total percentage estimated_remaining",
    "plan": (
        "id type source_state target_state steps rollback_steps rollback_plan dependencies estimated_duration "
        "risk_level risk_assessment validation_requirements created_at created_by"
    ),
    "step": "id type description action rollback_action dependencies estimated_duration validation",
}


def documents() -> dict[str, dict[str, Any]]:
    run = local_run(World())
    view = run.finish()
    made = create_plan(spec(), ToyHandler(World()))
    facts = PlanFacts(
        plan_id="7",
        plan=made.plan,
        source_state=made.analysis.source_state,
        target_state=made.analysis.target_state,
        assessment=made.assessment,
        estimated_seconds=made.estimated_seconds,
        estimate=made.estimate,
        created_at=START,
        created_by="ada",
    )
    status = migration_status(StatusFacts("1", MigrationStatus.COMPLETED), view, START)
    plan = plan_document(facts)
    return {
        "migration_result": migration_result(view, migration_id="1", now=START),
        "execution_progress": execution_progress(view, START).as_dict(),
        "status": status,
        "progress": status["progress"],
        "plan": plan,
        "step": plan["steps"][1],
    }


@pytest.mark.parametrize("name", SEED)
def test_every_field_of_the_seed_is_there(name: str) -> None:
    document = documents()[name]
    assert set(SEED[name].split()) <= set(document)
    json.dumps(document, allow_nan=False)


def failing(step: str, **chosen: Any) -> LocalRun:
    def hook(moment: Moment) -> None:
        if moment.call is Call.DO and moment.step == step and moment.after:
            raise StepFailed("No.")

    return local_run(World(), hook, chosen=chosen)


def test_the_result_of_a_success() -> None:
    result = documents()["migration_result"]
    assert (result["status"], result["downtime"], result["rollback_info"], result["errors"]) == ("success", 7, None, [])
    assert result["validation_results"] == [
        {"step": "switch", "validation": "Both shelves hold the same.", "passed": True, "details": {"downtime": 7}}
    ]
    assert result["migration_results"]["copy"] == {"copied": 6}


def test_the_result_of_a_rolled_back_failure_names_error_and_way_back_once() -> None:
    view = failing("switch").finish()
    result = dict(view.result or {})
    assert result["status"] == "failure"
    assert [error["message"] for error in result["errors"]] == ["No."]
    assert result["rollback_info"]["undone"] == ["switch", "copy", "look"]
    assert result["rollback_info"]["remaining"] == []


@pytest.mark.parametrize(("step", "status"), [("look", "failure"), ("switch", "partial")])
def test_a_failure_that_leaves_effects_behind_is_partial(step: str, status: str) -> None:
    view = failing(step, auto_rollback=False).finish()
    assert (view.result or {})["status"] == status
    assert (view.result or {})["failed_steps"] == [step]


def test_progress_weighs_steps_by_their_estimates_and_learns_from_its_own_pace() -> None:
    run = local_run(World())
    run.memory.on_append = lambda events: run.clock.advance(10)
    before = execution_progress(run.view, run.clock.now())
    assert (before.percentage, before.basis, before.estimated_remaining) == (0.0, "plan", 13_000)
    assert before.estimated_completion is None
    run.finish()
    seen = [execution_progress(_at(run, seq), run.clock.now()).percentage for seq in range(1, len(run.memory.events))]
    assert seen == sorted(seen), "progress never goes back on the way forward"
    assert execution_progress(run.view, run.clock.now()).percentage == 100.0
    halfway = next(_at(run, e.seq) for e in run.memory.events if e.payload.get("done") == 4)
    progress = execution_progress(halfway, run.clock.now())
    assert (progress.basis, progress.current_step) == ("measured", 2)
    assert progress.estimated_completion is not None
    assert progress.estimated_completion > run.clock.now()


def _at(run: LocalRun, seq: int) -> Any:
    from_start = LocalRun(run.handler, run.plan, run.targets)
    from_start.memory.events = run.memory.events[:seq]
    return from_start.view


def test_a_status_before_any_run_and_before_any_plan() -> None:
    made = create_plan(spec(), ToyHandler(World()))
    planned = migration_status(StatusFacts("1", MigrationStatus.PLANNED, made.plan, warnings=["w"]), None, START)
    assert planned["progress"]["steps_total"] == 4
    assert (planned["start_time"], planned["duration"], planned["execution_progress"]) == (None, None, None)
    assert planned["warnings"] == ["w"]
    assert migration_status(StatusFacts("1", MigrationStatus.DRAFT), None, START)["progress"]["steps_total"] == 0


def test_a_status_while_a_run_is_queued_and_while_it_runs() -> None:
    run = local_run(World(), chosen={"cleanup_source": True})
    facts = StatusFacts("1", MigrationStatus.EXECUTING)
    assert migration_status(facts, run.view, START)["duration"] is None
    run.drive()
    status = migration_status(facts, run.view, START + timedelta(seconds=3))
    assert (status["current_step"], status["duration"], status["end_time"]) == ("clean", 3000, None)


def test_a_result_before_the_start_has_no_duration() -> None:
    assert migration_result(local_run(World()).view, migration_id="1", now=START)["duration"] == 0


def test_a_plan_and_its_steps_say_what_their_estimates_rest_on() -> None:
    plan, step = (documents()[name] for name in ("plan", "step"))
    assert plan["estimate"] == {
        "said": "no past run: rule of thumb",
        "runs": 0,
        "error_percent": None,
        "rule_of_thumb": plan["estimated_duration"],
    }
    assert (step["estimate"]["said"], step["estimate"]["rule_of_thumb"]) == ("rule of thumb", 10_000)
