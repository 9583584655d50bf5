"""Whole journeys through every phase, between real servers and under traffic through the router."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest

from migrations_app.engine.plan import Target
from migrations_app.engine.run_view import ParkedFor
from migrations_app.engine.vocabulary import CutoverOrder, RoutePhase, RunState
from migrations_app.handlers.session.zero_downtime.publishing import buckets_in
from migrations_app.routing.router import SessionRouter
from migrations_app.stores.routed.opening import open_routed
from tests.handlers.session.moves import Traffic, content, fill, sessions
from tests.handlers.session.zero_downtime.moves import ZeroMove

pytestmark = pytest.mark.servers
Places = dict[str, Callable[[], Target]]
PAIRS = [("redis", "postgres"), ("postgres", "redis"), ("redis", "redis"), ("sqlite", "postgres")]
TOLERANCE_MS = 50  # of two deadlines, by two clocks
SEEDED = 200


class Paced(Traffic):
    """A few milliseconds between operations: SQLite's write lock is not fair."""

    def __init__(self, move: ZeroMove) -> None:
        super().__init__(move)
        self._still = threading.Lock()

    def standing_still(self) -> threading.Lock:
        """A context in which it does nothing."""
        return self._still

    def _operate(self, client: SessionRouter, turn: int) -> None:
        with self._still:
            super()._operate(client, turn)
        self._enough.wait(0.004)


@contextmanager
def moving(places: Places, source: str, target: str, **parameters: Any) -> Iterator[ZeroMove]:
    move = ZeroMove(place(places, source), place(places, target), parameters=parameters)
    fill(move.source, sessions(SEEDED, ttl_ms=3_600_000))
    move.deploy()
    yield move
    move.live.close()


def place(places: Places, kind: str) -> Target:
    made = places[kind]()
    if kind == "sqlite":
        with closing(sqlite3.connect(made.config["path"])) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
    return made


def lost(traffic: Traffic, target: Target) -> list[str]:
    """Sessions that were acknowledged and are not there as written last, and ended ones that are."""
    held = content(target)
    wrong = [id_ for id_, value in traffic.alive.items() if held.get(id_, (b"",))[0] != value]
    return wrong + [id_ for id_ in traffic.ended if id_ in held]


def lost_now(traffic: Paced, move: ZeroMove) -> list[str]:
    """What the traffic itself reads through the route, while nobody writes: between two of its operations."""
    with traffic.standing_still(), move.router() as router:
        held = {id_: router.get(id_) for id_ in (*traffic.alive, *traffic.ended)}
        wrong = [id_ for id_, value in traffic.alive.items() if getattr(held[id_], "value", None) != value]
        return wrong + [id_ for id_ in traffic.ended if held[id_] is not None]


def expect_seeded(target: Target, before: dict[str, tuple[bytes, int | None]]) -> None:
    """What was there before anybody wrote is there as it was."""
    held = content(target)
    assert {id_: value for id_, (value, _) in held.items() if id_ in before} == {
        id_: value for id_, (value, _) in before.items()
    }
    assert all(abs((held[id_][1] or 0) - (deadline or 0)) <= TOLERANCE_MS for id_, (_, deadline) in before.items())


def served(move: ZeroMove) -> int:
    """Buckets that the target serves, the source being kept level."""
    assert move.route is not None
    return len(buckets_in(move.route, RoutePhase.DUAL_B))


@pytest.mark.parametrize(("source", "target"), PAIRS, ids=["-to-".join(pair) for pair in PAIRS])
def test_there_under_traffic(places: Places, source: str, target: str) -> None:
    with moving(places, source, target) as move:
        before = content(move.source)
        with Paced(move) as traffic:
            traffic.wait_for(50)
            run = move.run()
            assert run.state is RunState.SUCCEEDED, run.error
            traffic.wait_for(traffic.operations + 50)
        assert lost(traffic, move.target) == []
        expect_seeded(move.target, before)
        assert move.phase is RoutePhase.RETIRED
        assert len(content(move.target)) == SEEDED + len(traffic.alive)
        for side in (move.source, move.target):
            with open_routed(side.config, side.secrets) as store:
                assert not store.joined()


def test_back_and_there_again_by_order_and_all_the_way_back_by_rollback(places: Places) -> None:
    with moving(places, "redis", "postgres", soak_ms=3_600_000) as move:
        before = content(move.source)
        with Paced(move) as traffic:
            run = move.begin()
            run.drive(until=lambda run: run.view.parked_for is ParkedFor.SOAK)
            assert served(move) == 256
            traffic.wait_for(traffic.operations + 50)

            move.live.cutover = CutoverOrder.BACK
            run.drive(until=lambda run: run.view.parked_for is ParkedFor.HELD)
            assert served(move) == 0
            traffic.wait_for(traffic.operations + 50)
            assert lost_now(traffic, move) == []

            move.live.cutover = CutoverOrder.GO
            run.drive(until=lambda run: run.view.parked_for is ParkedFor.SOAK)
            assert served(move) == 256
            traffic.wait_for(traffic.operations + 50)

            back = move.roll_back(run)
            assert back.state is RunState.ROLLED_BACK, back.error
            assert move.phase is RoutePhase.PLAIN_A
            traffic.wait_for(traffic.operations + 50)
        assert lost(traffic, move.source) == []
        expect_seeded(move.source, before)
        assert content(move.target) == {}
        epochs = [record.epoch for record in move.routes.published]
        assert epochs == sorted(set(epochs))


def test_a_plan_that_waits_to_be_released(places: Places) -> None:
    with moving(places, "redis", "postgres", hand_over="released") as move:
        run = move.begin()
        run.drive(until=lambda run: run.view.parked_for is ParkedFor.HELD)
        assert served(move) == 0
        run.drive_once()
        assert run.view.parked_for is ParkedFor.HELD

        move.live.cutover = CutoverOrder.GO
        run.drive()
        assert run.state is RunState.SUCCEEDED, run.error


def test_waves_of_one_bucket_a_tenth_and_all(places: Places) -> None:
    with moving(places, "redis", "redis") as move:
        run = move.run()
        assert run.state is RunState.SUCCEEDED, run.error
        numbers = [len(buckets_in(record, RoutePhase.DUAL_B)) for record in move.routes.published]
        steps = list(dict.fromkeys(numbers))

        assert [number for number in steps if number] == [1, 26, 90, 154, 218, 256]
        epochs = [record.epoch for record in move.routes.published]
        assert epochs == sorted(set(epochs))
