from dataclasses import replace

from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.web.phase_rail import PhaseMark, phase_rail
from tests.web.routes import LIVE, stops

P = RoutePhase


def test_seven_phases_and_where_the_route_is() -> None:
    marks = phase_rail(LIVE)

    assert [mark.state for mark in marks] == ["done", "done", "done", "now", "", "", ""]
    assert marks[3] == PhaseMark("Hand-over", "26 of 256 buckets over", "now")


def test_what_the_hand_over_costs_before_and_after() -> None:
    before = phase_rail(replace(LIVE, phases=stops(P.DUAL_A)))[3]
    after = phase_rail(replace(LIVE, phases=stops(P.DUAL_B)))[3]

    assert (before.note, after.note) == ("≤ 250 ms pause", "longest pause 138 ms")


def test_journal_waits_for_clients() -> None:
    assert phase_rail(replace(LIVE, phases=stops(P.JOURNAL_A)))[1].note == "10 of 12 clients"


def test_handing_back_is_said() -> None:
    mark = phase_rail(replace(LIVE, handing_back=True))[3]

    assert mark == PhaseMark("Handing back", "166 of 256 buckets back", "undone")
