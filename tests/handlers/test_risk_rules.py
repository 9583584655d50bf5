"""The rules of every handler that is installed, and the engine's: shown to raise and to lower, each under a name."""

from migrations_app.engine import risk
from migrations_app.engine.handler import RiskRule
from migrations_app.handlers import registry
from tests.engine.risk import test_history_rules, test_option_rules, test_place_rules, test_plan_rules
from tests.handlers.adapter import cases as adapter
from tests.handlers.config import cases as config
from tests.handlers.data import cases as data
from tests.handlers.session.risk import pairs as session
from tests.handlers.upgrade import cases as upgrade
from tests.risk_pairs import unproved

OF_THE_ENGINE = (test_history_rules, test_option_rules, test_place_rules, test_plan_rules)
TABLES = (*OF_THE_ENGINE, session, config, adapter, upgrade, data)
PAIRS = [pair for table in TABLES for pair in table.PAIRS]


def installed() -> list[RiskRule]:
    return [*risk.RULES, *(rule for handler in registry.all_handlers().values() for rule in handler.risk_rules)]


def test_there_are_at_least_25_rules_and_each_has_a_case_that_raises_and_one_that_lowers() -> None:
    assert len(installed()) >= 25
    assert unproved(installed(), PAIRS) == []


def test_no_two_rules_share_an_id() -> None:
    ids: dict[str, set[str]] = {}
    for pair in PAIRS:
        for finding in pair.rule(pair.raises):
            ids.setdefault(finding.rule, set()).add(pair.rule.__name__)

    assert {rule: names for rule, names in ids.items() if len(names) > 1} == {}
