import pytest

from migrations_app.handlers.adapter import risk
from tests.handlers.adapter.cases import PAIRS, case, tools
from tests.risk_pairs import Pair, proves, unproved


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_each_rule_raises_and_lowers(pair: Pair) -> None:
    proves(pair)


def test_no_rule_is_without_its_pair() -> None:
    assert unproved(risk.RULES, PAIRS) == []


def test_long_lists_are_counted() -> None:
    many = case(tools(*({"name": f"t{number}", "edited": True} for number in range(9))))

    [finding] = risk.by_hand(many)

    assert finding.evidence.endswith("t4 and 4 more")


def test_a_state_that_could_not_be_made_raises_nothing_by_mistake() -> None:
    empty = case({"tools": [], "rewrites": [], "samples": {"error": {}}})

    assert [finding.rule for rule in risk.RULES for finding in rule(empty) if finding.rule.startswith("adapter")] == []
