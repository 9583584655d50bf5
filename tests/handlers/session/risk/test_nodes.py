import pytest

from migrations_app.handlers.session.risk import nodes as rules
from tests.handlers.session.risk.pairs import NODES
from tests.risk_pairs import Pair, proves, unproved


@pytest.mark.parametrize("pair", NODES, ids=str)
def test_a_rule_raises_and_lowers(pair: Pair) -> None:
    proves(pair)


def test_every_rule_has_a_pair() -> None:
    assert unproved(rules.RULES, NODES) == []
