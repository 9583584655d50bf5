from dataclasses import replace

import pytest

from migrations_app.engine.vocabulary import CutoverOrder, RunKind, RunState, Signal
from migrations_app.selectors.hand_over import (
    BRING_BACK,
    CUT_OVER,
    POSTPONE,
    THROTTLE,
    MovedRoute,
    Standing,
    impossible,
    moved_route,
    needless,
    route_row,
    said_of,
    standing_of,
)
from tests.hand_overs import DUAL_A, DUAL_B, parked, route, zero_downtime_run
from tests.runs import a_run

MOVED = MovedRoute("old", "old", "new", False, 250, 2_000, 2)
RELEASED = replace(MOVED, released=True)
AT = Standing(MOVED, RunKind.APPLY, RunState.RUNNING, Signal.NONE, CutoverOrder.NONE, "", True, False, 26, 0, 230)
BEFORE = replace(AT, on_target=0, on_source=256)
SERVED = replace(AT, on_target=256, on_source=0)
HOLD, GO, BACK = CutoverOrder.HOLD, CutoverOrder.GO, CutoverOrder.BACK
OVER = "new serves every bucket already"
ROLLS = "it rolls back, which brings every bucket back"


@pytest.mark.parametrize(
    ("at", "cut_over", "postpone", "bring_back"),
    [
        (AT, "", "", ""),
        (BEFORE, "", "", ""),
        (SERVED, OVER, OVER, ""),
        (replace(SERVED, order=BACK), "", "", ""),
        (replace(AT, kind=RunKind.DRY_RUN), *["a dry run hands nothing over"] * 3),
        (replace(AT, state=RunState.ROLLED_BACK), *["it is rolled back"] * 3),
        (replace(AT, state=RunState.ROLLING_BACK), *[ROLLS] * 3),
        (replace(AT, signal=Signal.CANCEL), *[ROLLS] * 3),
        (replace(AT, signal=Signal.PAUSE), "", "", ""),
        (
            replace(SERVED, switched=True),
            *["new serves every bucket and has proven itself; rolling back brings them back"] * 3,
        ),
    ],
)
def test_what_would_have_no_effect(at: Standing, cut_over: str, postpone: str, bring_back: str) -> None:
    assert [impossible(at, name) for name in (CUT_OVER, POSTPONE, BRING_BACK)] == [cut_over, postpone, bring_back]


def test_a_copy_has_a_pace_until_it_is_complete() -> None:
    assert impossible(replace(BEFORE, copied=False), THROTTLE) == ""
    assert "nothing left" in impossible(BEFORE, THROTTLE)


BY_ITSELF = "it hands over by itself as soon as every gate is open"
PROVES = "what was handed over proves itself first; then it goes on by itself"
ASKED = "it was released; it goes on as soon as every gate is open"
WAITS = "it waits already, until a person releases it"
NOTHING_THERE = "new serves no bucket yet; postponing keeps it so"


@pytest.mark.parametrize(
    ("at", "cut_over", "postpone", "bring_back"),
    [
        (BEFORE, BY_ITSELF, "", NOTHING_THERE),
        (replace(BEFORE, handing=1), BY_ITSELF, "", ""),
        (AT, BY_ITSELF, "", ""),
        (replace(AT, parked_for="soak"), PROVES, "", ""),
        (replace(AT, parked_for="soak", order=GO), PROVES, "", ""),
        (replace(AT, parked_for="soak", order=HOLD), "", "it is postponed already", ""),
        (replace(AT, order=GO), ASKED, "", ""),
        (replace(AT, order=HOLD), "", "it is postponed already", ""),
        (replace(AT, order=BACK), "", WAITS, "old serves again, or is about to"),
        (replace(AT, moved=RELEASED), "", WAITS, ""),
        (replace(AT, parked_for="held"), "", WAITS, ""),  # it gave up
        (replace(AT, parked_for="held", order=GO), "", WAITS, ""),
    ],
)
def test_what_nobody_needs_to_ask_for(at: Standing, cut_over: str, postpone: str, bring_back: str) -> None:
    assert [needless(at, name) for name in (CUT_OVER, POSTPONE, BRING_BACK)] == [cut_over, postpone, bring_back]


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (replace(BEFORE, copied=False), "The copy comes first"),
        (BEFORE, "The first bucket is handed over"),
        (AT, "26 of 256 buckets are handed over"),
        (replace(AT, handing=64), "64 buckets change hands: writes to them wait, 2,000 ms at the most."),
        (replace(AT, order=HOLD), "is postponed until a person releases it"),
        (replace(AT, moved=RELEASED), "waits until a person releases it, as planned"),
        (replace(AT, parked_for="held"), "was given up several times"),
        (replace(AT, order=BACK), "Every bucket goes back to old"),
        (replace(BEFORE, order=BACK), "old serves every bucket again"),
        (SERVED, "new serves every bucket and proves itself"),
        (replace(SERVED, switched=True), "The hand-over is over"),
        (replace(AT, signal=Signal.ROLL_BACK), "The run rolls back"),
    ],
)
def test_what_is_wanted_is_said_in_a_sentence(at: Standing, said: str) -> None:
    assert said in said_of(at)
    assert said_of(replace(at, state=RunState.SUCCEEDED)) == ""


@pytest.mark.django_db
def test_a_plan_says_which_route_it_moves(cast) -> None:
    run = zero_downtime_run(hand_over="released", pause_target_ms=100, pause_limit_ms=900)

    assert moved_route(run.revision.content) == MovedRoute("old", "old", "new", True, 100, 900, 1)
    assert moved_route(zero_downtime_content(run, route="front")).name == "front"


@pytest.mark.django_db
def test_other_plans_move_none(cast) -> None:
    assert moved_route(a_run().revision.content) is None


@pytest.mark.django_db
def test_where_a_run_stands(cast) -> None:
    run = zero_downtime_run()
    moved = moved_route(run.revision.content)
    assert moved is not None
    assert route_row(run, moved) is None
    row = route((0, 25, DUAL_B), (26, 255, DUAL_A))
    parked(run, "soak")

    at = standing_of(run, moved, route_row(run, moved))

    assert (at.copied, at.switched, at.on_target, at.handing, at.on_source) == (True, False, 26, 0, 230)
    assert (at.state, at.parked_for) == (RunState.PARKED, "soak")
    row.stores = {"a": "new", "b": "newer"}
    row.save()
    assert route_row(run, moved) is None  # another migration has taken it


def zero_downtime_content(run, **parameters):
    return {**run.revision.content, "parameters": parameters}
