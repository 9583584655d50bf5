"""Each rule is raised by what it is about, and lowered by what it says lowers it."""

import pytest

from migrations_app.handlers.session import risk
from tests.handlers.session.risk_cases import analysis, spec

OPAQUE = {"size": 10, "unreadable": {}, "codecs": {"opaque": 10}, "shortest_left_ms": 900_000}
ENDING = {"size": 10, "unreadable": {}, "codecs": {"json": 10}, "shortest_left_ms": 500}

CASES = {
    "amount": (
        risk.amount,
        (spec(), analysis(sizes={"sessions": 250_000})),
        (spec(), analysis(sizes={"sessions": 99_999})),
    ),
    "eviction": (
        risk.eviction,
        (spec(), analysis(target={"eviction_policy": "allkeys-lru"})),
        (spec(), analysis(target={"eviction_policy": "noeviction"})),
    ),
    "room": (
        risk.room,
        (spec(), analysis(target={"free_bytes": 9_999})),
        (spec(), analysis(target={"free_bytes": 10_000})),
    ),
    "latency": (
        risk.latency,
        (spec(), analysis(source={"latency_us": 20_000})),
        (spec(), analysis(source={"latency_us": 900})),
    ),
    "clocks": (
        risk.clocks,
        (spec(), analysis(source={"clock_skew_ms": -700}, target={"clock_skew_ms": 700})),
        (spec(), analysis(source={"clock_skew_ms": -7}, target={"clock_skew_ms": 7})),
    ),
    "write_pause": (
        risk.write_pause,
        (spec(), analysis(sizes={"sessions": 80_000})),
        (spec(), analysis(sizes={"sessions": 8_000})),
    ),
    "opaque_values": (
        risk.opaque_values,
        (spec(), analysis(source={"sample": OPAQUE})),
        (spec(), analysis()),
    ),
    "short_lived": (
        risk.short_lived,
        (spec(), analysis(source={"sample": ENDING}, sizes={"sessions": 20_000})),
        (spec(), analysis(source={"sample": ENDING}, sizes={"sessions": 2_000})),
    ),
    "no_catch_up": (
        risk.no_catch_up,
        (spec(parameters={"catch_up_passes": 0}), analysis()),
        (spec(parameters={"catch_up_passes": 1}), analysis()),
    ),
    "callers_on_a_node": (
        risk.callers_on_a_node,
        (spec(), analysis(source={"store": "beam"})),
        (spec(), analysis(source={"store": "redis"})),
    ),
    "fixed_deadlines": (
        risk.fixed_deadlines,
        (spec(), analysis(source={"sample": {"size": 10, "sliding": 4}}, target={"store": "beam"})),
        (spec(), analysis(source={"sample": {"size": 10, "sliding": 10}}, target={"store": "beam"})),
    ),
    "import_by_a_node": (
        risk.import_by_a_node,
        (spec(), analysis(target={"store": "snapshot", "layout": "etf"})),
        (spec(), analysis(target={"store": "beam", "layout": "ets"})),
    ),
    "source_removed": (
        risk.source_removed,
        (spec(options={"cleanup_source": True}), analysis()),
        (spec(options={"cleanup_source": False}), analysis()),
    ),
}


def weight(rule, case):
    return sum(finding.weight for finding in rule(*case, ()))


@pytest.mark.parametrize("name", CASES)
def test_what_the_rule_is_about_raises_the_score(name):
    rule, worse, _ = CASES[name]

    (finding,) = rule(*worse, ())

    assert finding.weight > 0
    assert all((finding.title, finding.evidence, finding.why, finding.how_to_lower))


@pytest.mark.parametrize("name", CASES)
def test_what_it_advises_lowers_the_score(name):
    rule, worse, better = CASES[name]

    assert weight(rule, better) < weight(rule, worse)
    assert weight(rule, better) <= 0


def test_a_million_sessions_weigh_more_than_a_hundred_thousand():
    many, very_many = (analysis(sizes={"sessions": count}) for count in (risk.MANY, risk.VERY_MANY))

    assert weight(risk.amount, (spec(), very_many)) > weight(risk.amount, (spec(), many))


def test_opaque_values_between_stores_of_one_kind_are_no_risk():
    same_kind = analysis(source={"sample": OPAQUE}, target={"store": "redis"})

    assert risk.opaque_values(spec(), same_kind, ()) == ()


def test_every_rule_is_registered_and_tested():
    assert {rule for rule, _, _ in CASES.values()} == set(risk.RULES)
    names = [finding.rule for case in CASES.values() for finding in case[0](*case[1], ())]
    assert len(set(names)) == len(names)
