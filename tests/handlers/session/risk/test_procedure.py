import pytest

from migrations_app.handlers.session.risk import procedure as rules
from tests.handlers.session.risk.pairs import PROCEDURE, chosen
from tests.risk_pairs import Pair, proves, unproved, weight


@pytest.mark.parametrize("pair", PROCEDURE, ids=str)
def test_a_rule_raises_and_lowers(pair: Pair) -> None:
    proves(pair)


def test_every_rule_has_a_pair() -> None:
    assert unproved(rules.RULES, PROCEDURE) == []


def test_a_source_that_keeps_its_sessions_is_a_credit() -> None:
    assert weight(rules.source_removed, chosen(cleanup_source=False)) < 0
