from dataclasses import replace

import pytest

from migrations_app.engine.environment_facts import EarlierEnvironment, PastRuns
from migrations_app.engine.risk import history_rules as rules
from tests.engine.risk.cases import case, knowing
from tests.risk_pairs import Pair, proves, unproved, weight

NEVER, TWICE = EarlierEnvironment("staging", 0), EarlierEnvironment("staging", 2)
FAILED = PastRuns(succeeded=3, failed=1, last_run=9, last_failed=True)
MENDED = PastRuns(succeeded=3, failed=1, last_run=9)
CLEAN = PastRuns(succeeded=3, last_run=9)
THIS, OTHER = (replace(knowing(rehearsed=frozenset({"d" * 64})), digest=letter * 64) for letter in "do")

PAIRS = [
    Pair(rules.rehearsed, knowing(earlier=NEVER), knowing(earlier=TWICE)),
    Pair(rules.rehearsal, OTHER, THIS),
    Pair(rules.first_use, knowing(version_successes=0), knowing(version_successes=1)),
    Pair(rules.past_runs, knowing(past=FAILED), knowing(past=CLEAN)),
    Pair(rules.past_runs, knowing(past=MENDED), knowing(past=PastRuns())),
]


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_a_rule_raises_and_lowers(pair: Pair) -> None:
    proves(pair)


def test_every_rule_has_a_pair() -> None:
    assert unproved(rules.RULES, PAIRS) == []


def test_what_was_done_before_is_a_credit() -> None:
    assert weight(rules.rehearsed, knowing(earlier=TWICE)) < 0
    assert weight(rules.past_runs, knowing(past=CLEAN)) < 0


def test_where_nothing_can_be_rehearsed_nothing_is_said_of_it() -> None:
    assert list(rules.rehearsal(replace(OTHER, facts=knowing().facts))) == []


def test_a_protected_place_asks_more_for_the_rehearsal_and_the_last_run_counts_most() -> None:
    assert weight(rules.rehearsed, knowing(protected=True, earlier=NEVER)) > weight(
        rules.rehearsed, knowing(earlier=NEVER)
    )
    assert weight(rules.past_runs, knowing(past=FAILED)) > weight(rules.past_runs, knowing(past=MENDED)) > 0


@pytest.mark.parametrize("rule", rules.RULES)
def test_of_what_is_unknown_nothing_is_said(rule: rules.RiskRule) -> None:
    assert list(rule(case(protected=True))) == []
