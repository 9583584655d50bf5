from typing import Any

import pytest

from migrations_app.engine.handler import ActionContext
from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.handlers.session.zero_downtime.hand_off import HandOffAborted
from migrations_app.handlers.session.zero_downtime.pair import Pair
from migrations_app.handlers.session.zero_downtime.proving import MOST_PASSES, prove_source
from migrations_app.stores.routed.base import ALL_BUCKETS
from migrations_app.stores.sessions.records import SessionRecord
from tests.handlers.session.contexts import Notebook
from tests.handlers.session.moves import ROUTE
from tests.handlers.session.zero_downtime.world import InMemory

CLEAN = {"clean_since": "2026-03-02T09:00:00+00:00"}


@pytest.fixture
def served(world: InMemory) -> InMemory:
    """The target serves every bucket, and all that it served has been carried back."""
    world.publish(RoutePhase.HANDOFF)
    world.publish(RoutePhase.DUAL_B)
    world.live.show(ROUTE, "verifier", CLEAN)
    world.live.show(ROUTE, "incarnations", {"a": world.a.incarnation(), "b": world.b.incarnation()})
    for place in world.places.values():
        place.rows["one"] = SessionRecord("one", b"1")
    return world


def driven(world: InMemory, **changes: Any) -> tuple[ActionContext, Pair]:
    return world.driver(**changes)


def test_a_source_that_is_level_serves_at_once(served: InMemory) -> None:
    ctx, pair = driven(served)
    prove_source(ctx, pair)
    assert served.log.lines == []


def test_nothing_was_handed_over(world: InMemory) -> None:
    ctx, pair = driven(world)
    prove_source(ctx, pair, differs=True)
    assert world.log.lines == []


@pytest.mark.parametrize("why", ["its server is another one", "the last pass repaired", "it is known to differ"])
def test_a_source_that_lost_sessions_is_mended_before_it_serves(served: InMemory, why: str) -> None:
    del served.places["a"].rows["one"]
    panel = {"a": "the one before", "b": served.b.incarnation()}
    if why == "its server is another one":
        served.live.show(ROUTE, "incarnations", panel)
    if why == "the last pass repaired":
        served.live.show(ROUTE, "verifier", {"clean_since": ""})
    ctx, pair = driven(served)

    prove_source(ctx, pair, differs=why == "it is known to differ")
    served.hand_off(ctx, pair, back=True).hand_over(range(256))

    assert served.held("a", "one") == b"1"
    assert "every session is compared" in served.log.lines[0]


def test_repairs_that_do_not_help_leave_the_target_serving(served: InMemory) -> None:
    class Losing(Notebook):
        """Whatever is carried to the source is damaged there, without a trace."""

        def alive(self) -> None:
            served.relay(served.pair("run:7:background.relay:0"), "b").carry(ALL_BUCKETS)
            for side in ("a", "b"):
                served.places[side].rows["one"] = SessionRecord("one", side.encode())

    ctx, pair = driven(served, progress=Losing())
    Losing().alive()

    with pytest.raises(HandOffAborted, match=f"After {MOST_PASSES} passes"):
        prove_source(ctx, pair, differs=True)
    assert served.record.phase is RoutePhase.DUAL_B
