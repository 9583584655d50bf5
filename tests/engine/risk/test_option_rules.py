from dataclasses import replace

import pytest

from migrations_app.engine.risk import option_rules as rules
from migrations_app.handlers.config.handler import ConfigMigration
from migrations_app.handlers.upgrade.handler import VersionUpgrade
from tests.engine.risk.cases import case
from tests.risk_pairs import Pair, proves, unproved, weight

PAIRS = [
    Pair(rules.rollback_options, case(rollback_enabled=False), case()),
    Pair(rules.rollback_options, case(auto_rollback=False), case()),
    Pair(rules.preparation, case(dry_run_required=False), case()),
    Pair(rules.validation_level, case(validation_level="basic"), case()),
    Pair(rules.write_pause, case(), case(zero_downtime=True)),
    Pair(rules.load, case(batch_size=20_000), case()),
    Pair(rules.load, case(parallel_workers=16), case()),
]


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_a_rule_raises_and_lowers(pair: Pair) -> None:
    proves(pair)


def test_every_rule_has_a_pair() -> None:
    assert unproved(rules.RULES, PAIRS) == []


def test_no_rollback_at_all_weighs_more_than_none_by_itself() -> None:
    none, by_hand = case(rollback_enabled=False), case(auto_rollback=False)

    assert weight(rules.rollback_options, none) > weight(rules.rollback_options, by_hand)


def test_a_type_that_serves_meanwhile_anyway_is_not_told_to() -> None:
    for kind in (ConfigMigration, VersionUpgrade):
        assert list(rules.write_pause(replace(case(), unused_options=kind.unused_options))) == []
