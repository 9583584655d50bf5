import pytest

from migrations_app.engine.environment_facts import ChangedTarget, MaintenanceWindows, Rival
from migrations_app.engine.risk import place_rules as rules
from tests.engine.risk.cases import MOVE, SLOW, case, knowing
from tests.risk_pairs import Pair, proves, unproved, weight

WAITING = Rival(7, "Move carts", "sessions-redis", running=False)
RUNNING = Rival(8, "Move logins", "sessions-redis", running=True)
NONE, SHORT, LONG = MaintenanceWindows(0), MaintenanceWindows(2, 1800), MaintenanceWindows(2, 4 * 3600)

PAIRS = [
    Pair(rules.protected_environment, case(protected=True), case()),
    Pair(rules.maintenance_window, knowing(MOVE, protected=True, windows=NONE), knowing(MOVE, windows=NONE)),
    Pair(rules.maintenance_window, knowing(SLOW, windows=SHORT), knowing(SLOW, windows=LONG)),
    Pair(rules.rivals, knowing(rivals=(WAITING,)), knowing()),
    Pair(rules.changed_targets, knowing(changed_targets=(ChangedTarget("sessions-redis", 3),)), knowing()),
    Pair(rules.stand_ins, knowing(operators=1), knowing(operators=2)),
    Pair(rules.stand_ins, knowing(operators=0), knowing()),
]


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_a_rule_raises_and_lowers(pair: Pair) -> None:
    proves(pair)


def test_every_rule_has_a_pair() -> None:
    assert unproved(rules.RULES, PAIRS) == []


def test_a_window_with_room_is_a_credit_and_without_knowledge_of_windows_nothing_is_said() -> None:
    assert weight(rules.maintenance_window, knowing(SLOW, windows=LONG)) < 0
    assert list(rules.maintenance_window(case(SLOW, protected=True))) == []


def test_a_rival_that_runs_weighs_more_and_the_first_three_are_named() -> None:
    assert weight(rules.rivals, knowing(rivals=(WAITING, RUNNING))) > weight(rules.rivals, knowing(rivals=(WAITING,)))

    (finding,) = rules.rivals(knowing(rivals=(RUNNING, *(WAITING,) * 4)))
    assert "#8 “Move logins” (sessions-redis, running), #7" in finding.evidence
    assert finding.evidence.endswith(" and 2 more.")
