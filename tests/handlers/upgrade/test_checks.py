"""What keeps an upgrade from being planned, each from a real look at files, code and pool."""

import pytest

from migrations_app.engine.errors import ValidationFailed
from tests.handlers.upgrade.places import Upgrade

pytestmark = pytest.mark.servers


def refused(looked_at: Upgrade) -> list[tuple[str, str]]:
    with pytest.raises(ValidationFailed) as error:
        looked_at.plan()
    assert all(problem.message and problem.fix for problem in error.value.problems)
    return [(problem.field, problem.code) for problem in error.value.problems]


def test_a_service_that_is_well_can_be_planned(looked_at: Upgrade) -> None:
    planned = looked_at.plan()

    state = planned.analysis.target_state
    assert state["pool"]["before"] == {"version": "0.8.8", "generation": "1"}
    assert state["pool"]["release"]["version"] == "0.13.0"
    assert (state["pool"]["expected"], state["pool"]["minimum"], len(state["pool"]["waves"])) == (2, 2, 2)
    assert {claim.target_id: claim.mode.value for claim in planned.plan.claims} == {
        7: "exclusive",
        8: "exclusive",
        9: "shared",
    }
    assert set(planned.analysis.fingerprints) == {"target", "pool", "project"}
    assert [step.id for step in planned.plan.steps] == [
        "backup",
        "validate",
        "note_release",
        "write",
        "roll",
        "verify",
        "confirm",
    ]


def test_lines_that_the_version_breaks_are_found_and_weighed(looked_at: Upgrade) -> None:
    looked_at.lay({"lib/shop.ex": b"Snakepit.RetryPolicy.exponential_backoff(1, 2)\n{:error, :queue_timeout} = x\n"})

    planned = looked_at.plan()

    found = planned.analysis.target_state["sources"]
    assert [(one["place"], one["change"]) for one in found["findings"]] == [
        ("lib/shop.ex:2", "public_errors_are_structs"),
    ]
    assert "upgrade.code_breaks" in [finding.rule for finding in planned.assessment.findings]


def test_a_wish_that_the_pool_cannot_fulfil_names_its_field(looked_at: Upgrade) -> None:
    looked_at.parameters = {"surge": 50}

    assert refused(looked_at) == [("parameters.surge", "pool_lacks")]


def test_a_pool_that_does_not_answer_is_said(looked_at: Upgrade, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        type(looked_at.pool), "config", property(lambda _self: {"driver": "process", "path": "/nowhere/control.sock"})
    )

    assert refused(looked_at) == [("targets.pool", "unreachable")]


def test_a_project_that_is_not_there_is_said(looked_at: Upgrade) -> None:
    (looked_at.place / "project").rename(looked_at.place / "moved")
    try:
        assert refused(looked_at) == [("targets.project", "unreachable")]
    finally:
        (looked_at.place / "moved").rename(looked_at.place / "project")


def test_without_a_project_the_risk_says_so(looked_at: Upgrade) -> None:
    looked_at.with_project = False

    planned = looked_at.plan()

    assert "sources" not in planned.analysis.target_state
    assert "upgrade.code_not_looked_at" in [finding.rule for finding in planned.assessment.findings]


def test_what_is_wrong_with_the_configuration_is_said_as_in_its_own_migration(looked_at: Upgrade) -> None:
    looked_at.parameters = {"to_version": "9.9"}

    assert refused(looked_at) == [("parameters.to_version", "unknown_version")]
