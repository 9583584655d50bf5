import pytest

from migrations_app.handlers.config import risk as of_configuration
from migrations_app.handlers.upgrade import risk
from tests.handlers.config.cases import PAIRS as OF_CONFIGURATION
from tests.handlers.upgrade.cases import PAIRS, case, code
from tests.risk_pairs import Pair, proves, unproved, weight


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_a_rule_raises_and_lowers(pair: Pair) -> None:
    proves(pair)


def test_every_rule_has_a_pair() -> None:
    assert unproved(risk.RULES, [*PAIRS, *OF_CONFIGURATION]) == []
    assert set(of_configuration.RULES) <= set(risk.RULES)


def test_many_places_weigh_more_and_some_are_named() -> None:
    many = case(target=code(*["breaks"] * 8))

    assert weight(risk.code_breaks, many) > weight(risk.code_breaks, case(target=code("breaks")))
    assert "and 3 more" in risk.code_breaks(many)[0].evidence


def test_extra_workers_that_keep_the_size_are_a_credit() -> None:
    assert weight(risk.without_extra_workers, case(surge=1, max_unavailable=0)) < 0
    assert weight(risk.without_extra_workers, case(surge=1, max_unavailable=1)) > 0
