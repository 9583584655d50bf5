import itertools

import pytest

from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.routing.phases import FENCED_PHASES, JOURNALED_PHASES, PHASES, may_follow
from migrations_app.routing.record import WRITES_WAIT


def test_every_phase_has_its_rule():
    assert set(PHASES) == set(RoutePhase)


def test_the_side_is_that_of_the_name_and_a_handoff_starts_where_the_authority_is():
    sides = {phase: rule.authority for phase, rule in PHASES.items()}

    assert sides == {
        RoutePhase.PLAIN_A: "a",
        RoutePhase.JOURNAL_A: "a",
        RoutePhase.DUAL_A: "a",
        RoutePhase.HANDOFF: "a",
        RoutePhase.DUAL_B: "b",
        RoutePhase.HANDOFF_BACK: "b",
        RoutePhase.SINGLE_B: "b",
        RoutePhase.RETIRED: "b",
    }


def test_writes_wait_in_a_handoff_and_nowhere_else():
    assert {phase for phase, rule in PHASES.items() if not rule.may_write} == WRITES_WAIT
    assert all(rule.may_read for rule in PHASES.values())


def test_only_code_before_and_after_a_route_goes_without_epochs():
    assert set(RoutePhase) - FENCED_PHASES == {RoutePhase.PLAIN_A, RoutePhase.RETIRED}
    assert JOURNALED_PHASES < FENCED_PHASES


def test_the_authority_changes_only_out_of_a_phase_in_which_writes_wait():
    for phase, rule in PHASES.items():
        for after in rule.successors | rule.standard:
            assert PHASES[after].authority == rule.authority or not rule.may_write, (phase, after)


def test_the_whole_way_there_and_every_way_back():
    there = list(RoutePhase)
    there.remove(RoutePhase.HANDOFF_BACK)
    for before, after in itertools.pairwise(there):
        assert may_follow(before, after, fenced=True), (before, after)
    for before, after in [
        (RoutePhase.DUAL_B, RoutePhase.HANDOFF_BACK),
        (RoutePhase.HANDOFF_BACK, RoutePhase.DUAL_A),
        (RoutePhase.HANDOFF_BACK, RoutePhase.DUAL_B),
        (RoutePhase.HANDOFF, RoutePhase.DUAL_A),
        (RoutePhase.DUAL_A, RoutePhase.JOURNAL_A),
        (RoutePhase.JOURNAL_A, RoutePhase.PLAIN_A),
    ]:
        assert may_follow(before, after, fenced=True), (before, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (RoutePhase.PLAIN_A, RoutePhase.DUAL_A),
        (RoutePhase.DUAL_A, RoutePhase.DUAL_B),
        (RoutePhase.DUAL_A, RoutePhase.PLAIN_A),
        (RoutePhase.DUAL_B, RoutePhase.DUAL_A),
        (RoutePhase.HANDOFF, RoutePhase.SINGLE_B),
        (RoutePhase.DUAL_B, RoutePhase.RETIRED),
        (RoutePhase.SINGLE_B, RoutePhase.HANDOFF_BACK),
        (RoutePhase.RETIRED, RoutePhase.SINGLE_B),
    ],
)
def test_nobody_skips_a_phase(before, after):
    assert not may_follow(before, after, fenced=True)


@pytest.mark.parametrize("phase", list(RoutePhase))
def test_a_phase_may_be_published_again(phase):
    assert may_follow(phase, phase, fenced=True)
    assert may_follow(phase, phase, fenced=False)


def test_the_standard_mode_goes_by_a_handoff_alone():
    way = [RoutePhase.PLAIN_A, RoutePhase.HANDOFF, RoutePhase.SINGLE_B, RoutePhase.HANDOFF_BACK, RoutePhase.PLAIN_A]

    assert all(may_follow(before, after, fenced=False) for before, after in itertools.pairwise(way))
    assert may_follow(RoutePhase.HANDOFF, RoutePhase.PLAIN_A, fenced=False)
    assert not may_follow(RoutePhase.PLAIN_A, RoutePhase.JOURNAL_A, fenced=False)


@pytest.mark.parametrize("phase", [RoutePhase.SINGLE_B, RoutePhase.RETIRED])
def test_what_ended_one_migration_starts_the_next(phase):
    assert may_follow(phase, RoutePhase.PLAIN_A, fenced=True)
