from collections.abc import Callable

import pytest

from migrations_app.engine.errors import LeaseLost
from migrations_app.engine.plan import Target
from migrations_app.engine.ports import WorkerToken
from migrations_app.handlers.session.zero_downtime.pair import opened
from migrations_app.stores.sessions.records import SessionRecord
from tests.handlers.session.moves import fill
from tests.handlers.session.zero_downtime.world import InMemory


@pytest.fixture
def two(sqlite_place: Callable[[], Target]) -> dict[str, Target]:
    places = {"source": sqlite_place(), "target": sqlite_place()}
    for target in places.values():
        fill(target, [])
    return places


def test_sides_and_their_others(world: InMemory) -> None:
    pair = world.pair()

    assert (pair.side("a"), pair.side("b")) == (pair.a, pair.b)
    assert (pair.other("a"), pair.other("b")) == (pair.b, pair.a)


def test_the_skew_is_what_b_is_ahead(world: InMemory) -> None:
    world.places["b"].advance(700)

    assert world.pair().skew_ms() == 700


def test_the_time_that_asking_takes_is_no_skew(world: InMemory, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would end every session that is copied by so much too early or too late."""
    pair = world.pair()
    answered = pair.a.now_ms

    def slowly() -> int:
        for place in world.places.values():
            place.advance(40)
        return answered()

    monkeypatch.setattr(pair.a, "now_ms", slowly)
    assert pair.skew_ms() == 0

    world.places["b"].advance(700)
    assert abs(pair.skew_ms() - 700) <= 40


def test_a_later_driver_shuts_the_earlier_one_out_of_both_stores(two: dict[str, Target]) -> None:
    with opened(two, WorkerToken("run:1", 1)) as early, opened(two, WorkerToken("run:1", 2)) as late:
        for store in (early.a, early.b):
            with pytest.raises(LeaseLost):
                store.sessions.apply([SessionRecord("one", b"1")], early.worker)
        assert late.a.sessions.apply([SessionRecord("one", b"1")], late.worker).written == 1


def test_an_earlier_driver_that_comes_late_is_refused_at_the_door(two: dict[str, Target]) -> None:
    with opened(two, WorkerToken("run:1", 2)), pytest.raises(LeaseLost), opened(two, WorkerToken("run:1", 1)):
        pass
