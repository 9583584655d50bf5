"""A hand-over and the way back, killed at each of their lines, put off, and given up."""

import pytest

from migrations_app.engine.crash_points import Crash, armed
from migrations_app.engine.run_view import ParkedFor
from migrations_app.engine.vocabulary import RunState, Signal
from migrations_app.handlers.data.live import steps
from tests.handlers.data.live.shop import (
    Shop,
    died,
    drive_to,
    everything,
    finished,
    nothing_left,
    rolled_back,
    troubles,
)

pytestmark = pytest.mark.servers


@pytest.mark.parametrize(
    "point",
    ["data.live.installed", "data.catch_up.removed", "data.live.stopped", "data.live.guarded"],
)
def test_a_driver_dies_and_its_successor_goes_on(shop: Shop, point: str):
    shop.fill(20)
    run = shop.move().begin()
    if point == "data.catch_up.removed":
        with armed("data.live.installed:raise"), pytest.raises(Crash):
            drive_to(run, steps.RETIRE)
        shop.here.run("UPDATE {items} SET note = 'meanwhile' WHERE id = -1")
    died(run, point)
    shop.here.run("UPDATE {items} SET note = 'still' WHERE id = -2")
    finished(run)
    assert everything(shop.here, "items") == everything(shop.there, "items")
    nothing_left(shop)


@pytest.mark.parametrize("point", ["data.live.near", "data.live.unguarded"])
def test_a_driver_dies_on_the_way_back(shop: Shop, point: str):
    shop.fill(20)
    run = shop.move().begin()
    drive_to(run, steps.RETIRE)
    shop.there.run("UPDATE {items} SET note = 'there' WHERE id = -1", "DELETE FROM {items} WHERE id = -2")
    run.signal(Signal.ROLL_BACK)
    with armed(f"{point}:raise"), pytest.raises(Crash):
        run.finish()
    if point == "data.live.near":
        shop.there.run("UPDATE {items} SET note = 'late' WHERE id = -3")
    assert run.finish().state is RunState.ROLLED_BACK, troubles(run)

    here = {row[0]: row for row in everything(shop.here, "items")}
    assert here[-1][2] == "there"
    assert -2 not in here
    assert here[-3][2] == ("late" if point == "data.live.near" else "from before")
    nothing_left(shop)


def test_writers_that_cannot_be_stopped_put_the_hand_over_off(two_servers: Shop, monkeypatch):
    """Somebody's long transaction: the users behind us go on, and it is tried again."""
    monkeypatch.setattr("migrations_app.handlers.data.live.pair.LOCK_SECONDS", 0.2)
    two_servers.fill(5)
    run = two_servers.move().begin()
    died(run, "data.live.stopped")
    with two_servers.here.writer() as slow:
        slow.begin()
        slow.run("UPDATE {items} SET note = 'slow' WHERE id = -1")
        for _ in range(2):
            outcome = run.drive()
            assert outcome.reason == ParkedFor.UNAVAILABLE
            run.clock.advance_to(outcome.wake_at)
        slow.commit()
    view = finished(run)

    assert view.results[steps.HAND_OVER]["attempts"] == 3
    assert everything(two_servers.there, "items") == everything(two_servers.here, "items")


def test_a_stop_that_takes_too_long_is_given_up(shop: Shop, monkeypatch):
    monkeypatch.setattr("migrations_app.handlers.data.live.actions.hand_over.MOST_ATTEMPTS", 2)
    shop.fill(5)
    run = shop.move(longest_write_stop_ms=100).begin()
    monkeypatch.setattr("migrations_app.handlers.data.live.stopping.Stop.lasted_ms", lambda self: 101)
    rolled_back(run, "writes go on where they were")
    nothing_left(shop)
