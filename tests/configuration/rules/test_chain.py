from itertools import pairwise

import pytest

from migrations_app.configuration.hunk import Manner
from migrations_app.configuration.rules.chain import CHAIN, way
from migrations_app.configuration.rules.rule import WayBack
from migrations_app.snakepit.versions import RELEASES, Version


def test_rules_stand_in_the_order_of_their_releases_and_have_names_of_their_own():
    assert all(before.at <= after.at for before, after in pairwise(CHAIN))
    assert len({rule.id for rule in CHAIN}) == len(CHAIN)
    assert {rule.version for rule in CHAIN} <= set(RELEASES)


def test_each_says_why_and_how_back():
    assert [rule.id for rule in CHAIN if not (rule.reason.endswith(".") and rule.title)] == []
    assert [rule.id for rule in CHAIN if (rule.way_back is WayBack.RULE) is not (rule.back is not None)] == []
    assert [
        rule.id for rule in CHAIN if rule.way_back is WayBack.SNAPSHOT and rule.manner is not Manner.AUTOMATIC
    ] == []


@pytest.mark.parametrize(("origin", "to"), [("0.3.0", "0.13.0"), ("0.9.1", "0.10.0"), ("0.8.8", "0.8.9")])
def test_the_way_down_is_the_way_up_from_its_end(origin, to):
    up = [rule for rule in way(Version(origin), Version(to)) if rule.at > Version(origin)]

    assert way(Version(to), Version(origin)) == tuple(up[::-1])
    assert up


def test_leftovers_are_looked_for_wherever_the_way_begins():
    within = {rule.id for rule in way(Version("0.12.0"), Version("0.13.0"))}

    assert {"wire-protocol", "grpc-config", "installer", "one-size"} <= within
    assert "timeouts" not in within
    assert all(rule.leftovers for rule in way(Version("0.9.1"), Version("0.9.1")))
