import pytest

from migrations_app.engine.parameters import parse
from migrations_app.handlers.upgrade.parameters import PARAMETERS, strategy_of
from migrations_app.handlers.upgrade.templates import TEMPLATES
from migrations_app.pools.strategy import AfterDeadline


def test_a_strategy_never_goes_back_by_itself() -> None:
    wishes = {"surge": "2", "max_unavailable": "1", "after_deadline": "wait", "drain_seconds": "7", "soak_seconds": "3"}
    parameters, problems = parse(PARAMETERS, {**wishes, "start_seconds": "20"}, path="parameters")

    strategy = strategy_of(parameters)

    assert problems == []
    assert (strategy.surge, strategy.max_unavailable, strategy.after_deadline) == (2, 1, AfterDeadline.WAIT)
    assert (strategy.limits.idle_seconds, strategy.limits.replacement_seconds) == (7.0, 23.0)
    assert not strategy.roll_back


def test_nobody_restores_a_snapshot_by_an_upgrade() -> None:
    assert "restore" not in [field.name for field in PARAMETERS]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.name)
def test_the_values_of_a_sample_plan_fit_the_declarations(template) -> None:
    assert parse(PARAMETERS, template.parameters, path="parameters")[1] == []
