import pytest

from migrations_app.engine.errors import ERRORS_BY_CODE, MigrationError, Problem, StepFailed, ValidationFailed

SEED_ERRORS = {
    "validation_failed",
    "step_failed",
    "rollback_failed",
    "data_corruption",
    "timeout",
    "dependency_unavailable",
    "insufficient_resources",
    "user_cancelled",
}


def test_every_error_of_the_seed_has_a_class() -> None:
    assert set(ERRORS_BY_CODE) >= SEED_ERRORS


@pytest.mark.parametrize("error", ERRORS_BY_CODE.values())
def test_an_error_says_something_by_default_and_is_json_ready(error: type[MigrationError]) -> None:
    raised = error()
    assert raised.message.endswith(".")
    assert "\n" not in raised.message
    assert set(raised.as_dict()) == {
        "type",
        "message",
        "details",
        "recovery_actions",
        "retryable",
        "rollback_required",
        "rollback_available",
        "manual_intervention_required",
        "immediate_action_required",
    }
    assert raised.as_dict()["type"] == error.code


def test_the_seeds_flags_are_as_its_error_handler_sets_them() -> None:
    assert ERRORS_BY_CODE["validation_failed"]().as_dict()["rollback_required"] is False
    assert ERRORS_BY_CODE["step_failed"]().as_dict()["manual_intervention_required"] is True
    assert ERRORS_BY_CODE["data_corruption"]().as_dict()["immediate_action_required"] is True
    assert len(ERRORS_BY_CODE["validation_failed"].recovery_actions) == 4


def test_validation_failed_carries_every_problem() -> None:
    error = ValidationFailed(problems=[Problem("a", "wrong", "mend it"), Problem("b", "worse")])
    assert [entry["field"] for entry in error.details["problems"]] == ["a", "b"]
    assert "problems" not in ValidationFailed().details


def test_recovery_actions_can_be_given_for_one_error_without_changing_its_class() -> None:
    assert StepFailed(recovery_actions=["Ask Ada."]).as_dict()["recovery_actions"] == ["Ask Ada."]
    assert StepFailed.recovery_actions != ("Ask Ada.",)
