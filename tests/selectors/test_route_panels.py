from datetime import timedelta

import pytest

from migrations_app.selectors.route_panels import GateRow, Panels, panels_of
from tests.hand_overs import panel, route

pytestmark = pytest.mark.django_db


def test_a_route_nobody_works_on_shows_nothing(cast, now):
    assert panels_of(route(), now) == Panels()


def test_the_relay(cast, now):
    row = route()
    panel(row, "relay", at=now, lag_p99_ms=38, depth=17, depth_forward=12, depth_back=5, problem="", skew_ms=-3)

    relay = panels_of(row, now + timedelta(seconds=2)).relay

    assert (relay.lag_p99_ms, relay.depth, relay.depth_forward, relay.depth_back) == (38, 17, 12, 5)
    assert (relay.skew_ms, relay.legacy_writes, relay.is_fresh) == (-3, 0, True)
    assert not panels_of(row, now + timedelta(minutes=1)).relay.is_fresh


def test_the_verifier_says_how_sure_it_is(cast, now):
    row = route()
    since = now - timedelta(seconds=30)
    panel(row, "verifier", at=now, compared=1_000, passes=7, clean_since=since.isoformat(), repaired_in_all=3)

    verifier = panels_of(row, now + timedelta(seconds=9)).verifier

    assert (verifier.compared, verifier.age_seconds, verifier.passes) == (1_000, 9, 7)
    assert (verifier.clean_since, verifier.repaired_in_all, verifier.diverging) == (since, 3, 0)


def test_a_verifier_that_found_something_names_it_by_fingerprint(cast, now):
    row = route()
    named = [{"kind": "value", "fingerprint": "9f31aa02c7de"}]
    panel(row, "verifier", at=now, diverging=1, kinds={"value": 1}, named=named, clean_since="")

    verifier = panels_of(row, now).verifier

    assert (verifier.kinds, verifier.named, verifier.clean_since) == (
        (("value", 1),), (("value", "9f31aa02c7de"),), None
    )  # fmt: skip


def test_the_gates_with_their_values_and_reasons(cast, now):
    row = route()
    closed = {"id": "G1", "title": "Clean", "value": "5 compared", "why": "a pass is to come", "open": False}
    opened = {"id": "G2", "title": "Level", "value": "0 diverging", "why": "", "open": True}
    panel(row, "gates", at=now, gates=[closed, opened], buckets=25)

    gates = panels_of(row, now).gates

    assert gates.gates == (
        GateRow("G1", "Clean", "5 compared", "a pass is to come", False),
        GateRow("G2", "Level", "0 diverging", "", True),
    )
    assert (gates.open, gates.buckets, gates.is_fresh) == (1, 25, True)
