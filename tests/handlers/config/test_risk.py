import pytest

from migrations_app.handlers.config import risk
from tests.handlers.config.cases import PAIRS, case, hunks, problems
from tests.risk_pairs import Pair, proves, unproved, weight


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_a_rule_raises_and_lowers(pair: Pair) -> None:
    proves(pair)


def test_every_rule_has_a_pair() -> None:
    assert unproved(risk.RULES, PAIRS) == []


def test_more_of_it_weighs_more_and_an_error_more_than_a_warning() -> None:
    assert weight(risk.by_hand, case(target=hunks("manual", "manual"))) > weight(
        risk.by_hand, case(target=hunks("manual"))
    )
    assert weight(risk.result_has_problems, case(target=problems("error"))) > weight(
        risk.result_has_problems, case(target=problems("warning"))
    )


def test_many_keys_are_counted_and_some_named() -> None:
    (finding,) = risk.behaves_differently(case(target=hunks(*["warn"] * 8)))

    assert finding.evidence == "8: key_0, key_1, key_2, key_3, key_4 and 3 more"
