import pytest

from migrations_app.engine.errors import Problem, StepFailed, ValidationFailed
from migrations_app.handlers.upgrade.parameters import POOL
from migrations_app.handlers.upgrade.pool import look_at_pool, pool_problems, problems_of_error, said
from migrations_app.pools.base import Release
from tests.handlers.upgrade.places import Upgrade


@pytest.mark.servers
def test_a_pool_is_looked_at_for_the_release_that_its_probe_leads_to(looked_at: Upgrade) -> None:
    state, fingerprint = look_at_pool(looked_at.spec, lambda probe: Release(probe.version or "1", "another"))

    assert state["release"]["generation"] == "another"
    assert (state["before"]["version"], state["expected"], len(state["waves"])) == ("0.8.8", 2, 2)
    assert fingerprint
    assert list(pool_problems(state, "parameters.edits")) == []


def test_what_speaks_against_a_pool_is_said_at_its_field() -> None:
    well = {"name": "shop", "problems": [], "serving": 2, "expected": 2, "waves": [["a"]]}

    assert [one.code for one in pool_problems({**well, "problems": ["It is ill."]}, "x")] == ["pool_not_well"]
    assert [one.code for one in pool_problems({**well, "serving": 1}, "x")] == ["pool_not_whole"]
    assert [(one.field, one.code) for one in pool_problems({**well, "waves": []}, "x")] == [("x", "no_change")]


def test_an_error_comes_back_as_its_problems_or_as_one() -> None:
    problem = Problem("parameters.surge", "It has no room.", "Use 0.", "pool_lacks")
    refused, failed = said(ValidationFailed(problems=[problem])), said(StepFailed("It did not answer."))

    assert list(problems_of_error(POOL, "shop", refused)) == [problem]
    [one] = problems_of_error(POOL, "shop", failed)
    assert (one.field, one.code) == ("targets.pool", "unreachable")
    assert "It did not answer." in one.message
