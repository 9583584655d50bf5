import pytest

from migrations_app.handlers.data import risk
from tests.handlers.data.cases import FILE, PAIRS, REMOTE, case, held, spec
from tests.risk_pairs import Pair, proves, unproved, weight


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_a_rule_raises_and_lowers(pair: Pair) -> None:
    proves(pair)


def test_every_rule_has_a_pair() -> None:
    assert unproved(risk.RULES, PAIRS) == []


def test_rows_that_nobody_kept_weigh_most() -> None:
    without = spec(options={"backup_enabled": False}, existing="empty")
    assert weight(risk.rows_give_way, case(held("orders"), given=without)) == 40
    assert weight(risk.rows_give_way, case(held("orders"), given=spec(existing="empty"))) == 12


@pytest.mark.parametrize(
    ("one", "other", "differ"), [("UTF-8", "UTF8", 0), ("UTF-16le", "UTF-8", 0), ("UTF-8", "LATIN1", 8)]
)
def test_one_encoding_has_other_names_in_other_databases(one: str, other: str, differ: int) -> None:
    assert weight(risk.encodings, case(source={"encoding": one}, target={"encoding": other})) == differ


@pytest.mark.parametrize("config", [FILE, {**REMOTE, "host": "localhost", "tls": False}])
def test_what_does_not_leave_the_machine_needs_no_tls(config: dict[str, object]) -> None:
    assert weight(risk.unencrypted, case(given=spec(config))) == 0
