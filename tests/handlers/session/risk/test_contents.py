import pytest

from migrations_app.handlers.session.risk import contents as rules
from tests.handlers.session.risk.pairs import CONTENTS, OPAQUE, look
from tests.risk_pairs import Pair, proves, unproved


@pytest.mark.parametrize("pair", CONTENTS, ids=str)
def test_a_rule_raises_and_lowers(pair: Pair) -> None:
    proves(pair)


def test_every_rule_has_a_pair() -> None:
    assert unproved(rules.RULES, CONTENTS) == []


def test_opaque_values_between_stores_of_one_kind_are_no_risk() -> None:
    assert rules.opaque_values(look({"sample": OPAQUE}, {"store": "redis"})) == ()
