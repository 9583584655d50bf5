import pytest

from migrations_app.handlers.session.risk import amounts as rules
from tests.handlers.session.risk.pairs import AMOUNTS, look
from tests.risk_pairs import Pair, proves, unproved, weight


@pytest.mark.parametrize("pair", AMOUNTS, ids=str)
def test_a_rule_raises_and_lowers(pair: Pair) -> None:
    proves(pair)


def test_every_rule_has_a_pair() -> None:
    assert unproved(rules.RULES, AMOUNTS) == []


def test_more_weighs_more() -> None:
    for rule, few, many in (
        (rules.amount, look(sessions=rules.MANY), look(sessions=rules.VERY_MANY)),
        (rules.volume, look(bytes=rules.LARGE_BYTES), look(bytes=rules.VERY_LARGE_BYTES)),
    ):
        assert weight(rule, many) > weight(rule, few) > 0
