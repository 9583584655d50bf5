import pytest

from migrations_app.handlers.session.risk import stores as rules
from tests.handlers.session.risk.pairs import STORES
from tests.risk_pairs import Pair, proves, unproved


@pytest.mark.parametrize("pair", STORES, ids=str)
def test_a_rule_raises_and_lowers(pair: Pair) -> None:
    proves(pair)


def test_every_rule_has_a_pair() -> None:
    assert unproved(rules.RULES, STORES) == []


@pytest.mark.parametrize(
    ("host", "local"),
    [("localhost", True), ("127.0.0.2", True), ("[::1]", True), ("/run/postgresql", True), ("10.0.0.7", False)],
)
def test_what_does_not_leave_the_machine_needs_no_tls(host: str, local: bool) -> None:
    assert rules.is_local({"host": host}) is local
