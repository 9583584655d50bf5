"""Whole journeys through every phase, under traffic through the router."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from migrations_app.engine.plan import Target
from migrations_app.engine.run_view import ParkedFor
from migrations_app.engine.vocabulary import CutoverOrder, RoutePhase, RunState
from tests.handlers.session.moves import Traffic, content, fill, sessions
from tests.handlers.session.zero_downtime.moves import ZeroMove

pytestmark = pytest.mark.servers
Places = dict[str, Callable[[], Target]]
PAIRS = [("redis", "postgres"), ("postgres", "redis"), ("redis", "redis"), ("sqlite", "postgres")]


@contextmanager
def moving(places: Places, source: str, target: str, count: int = 300) -> Iterator[ZeroMove]:
    move = ZeroMove(places[source](), places[target]())
    fill(move.source, sessions(count, ttl_ms=3_600_000))
    move.deploy()
    yield move
    move.live.close()


def same(one: dict[str, tuple[bytes, int | None]], other: dict[str, tuple[bytes, int | None]]) -> bool:
    return one.keys() == other.keys() and all(
        one[id_][0] == other[id_][0] and abs((one[id_][1] or 0) - (other[id_][1] or 0)) <= 50 for id_ in one
    )


def lost(traffic: Traffic, target: Target) -> list[str]:
    """Sessions that were acknowledged and are not there as written last, and ended ones that are."""
    held = content(target)
    wrong = [id_ for id_, value in traffic.alive.items() if held.get(id_, (b"",))[0] != value]
    return wrong + [id_ for id_ in traffic.ended if id_ in held]


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_there_under_traffic(places: Places, source: str, target: str) -> None:
    with moving(places, source, target) as move:
        with Traffic(move) as traffic:
            traffic.wait_for(50)
            run = move.run()
            assert run.state is RunState.SUCCEEDED, run.error
            traffic.wait_for(traffic.operations + 50)
        assert lost(traffic, move.target) == []
        assert move.phase is RoutePhase.RETIRED
        assert len(content(move.target)) == 300 + len(traffic.alive)


def test_back_and_there_again_by_order_and_all_the_way_back_by_rollback(places: Places) -> None:
    with moving(places, "redis", "postgres") as move, Traffic(move) as traffic:
        move.live.cutover = CutoverOrder.HOLD
        run = move.begin()
        run.drive(until=lambda run: run.view.parked_for is ParkedFor.HELD)
        assert move.phase is RoutePhase.DUAL_A

        for _ in range(2):
            traffic.wait_for(traffic.operations + 50)
            move.live.cutover = CutoverOrder.GO
            run.drive(until=lambda run: run.view.parked_for is ParkedFor.CONFIRMATION)
            assert move.phase is RoutePhase.DUAL_B
        traffic.wait_for(traffic.operations + 50)
        back = move.roll_back(run)
        assert back.state is RunState.ROLLED_BACK, back.error
        assert move.phase is RoutePhase.PLAIN_A
        traffic.wait_for(traffic.operations + 50)
    assert lost(traffic, move.source) == []
    assert content(move.target) == {}
