from dataclasses import replace

import pytest

from migrations_app.engine.plan import Analysis
from migrations_app.engine.risk import plan_rules as rules
from migrations_app.engine.vocabulary import StepKind
from tests.engine.risk.cases import CHECK, MOVE, SAVE, SLOW, case, step
from tests.risk_pairs import Pair, proves, unproved, weight

WARNING = Analysis({}, {}, {}, warnings=("a", "b"))
FINAL = step(StepKind.CLEANUP, reversible=False)

PAIRS = [
    Pair(rules.live_effects, case(MOVE), case(CHECK)),
    Pair(rules.irreversible_steps, case(FINAL), case(MOVE)),
    Pair(rules.backup, case(MOVE), case(SAVE)),
    Pair(rules.backup, case(SAVE, backup_enabled=False), case(SAVE)),
    Pair(rules.verification, case(MOVE), case(CHECK)),
    Pair(rules.duration, case(SLOW), case(MOVE)),
    Pair(rules.time_limit, case(SLOW, timeout=60_000), case(MOVE)),
    Pair(rules.analysis_warnings, case(seen=WARNING), case()),
]


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_a_rule_raises_and_lowers(pair: Pair) -> None:
    proves(pair)


def test_every_rule_has_a_pair() -> None:
    assert unproved(rules.RULES, PAIRS) == []


def test_a_backup_and_a_verification_are_credits() -> None:
    assert weight(rules.backup, case(SAVE)) < 0
    assert weight(rules.verification, case(CHECK)) < 0


def test_where_there_is_nothing_to_back_up_nothing_is_said() -> None:
    seen = case(MOVE)
    assert (
        list(rules.backup(replace(seen, analysis=replace(seen.analysis, target_state={"nothing_to_back_up": True}))))
        == []
    )


def test_a_type_that_takes_no_backup_is_not_told_to_turn_it_on() -> None:
    (without,) = rules.backup(case(MOVE, backup_enabled=True))
    (off,) = rules.backup(case(SAVE, backup_enabled=False))

    assert without.how_to_lower == "This type takes none: make one by other means before the start."
    assert off.how_to_lower == "Turn “backup_enabled” on."
