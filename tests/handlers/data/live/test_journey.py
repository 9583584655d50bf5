"""Whole moves of tables that several processes keep writing to: nothing that was answered is lost, there and back."""

from operator import gt

import pytest

from migrations_app.engine.run_view import ParkedFor
from migrations_app.engine.vocabulary import RunState, Signal
from migrations_app.handlers.data.live import steps
from tests.handlers.data.live.shop import Shop, drive_to, everything, held, troubles

pytestmark = pytest.mark.servers


def test_there_under_writes_and_everything_is_removed(shop: Shop):
    shop.fill(300)
    before = shop.here.objects()
    with shop.writers() as writers:
        run = shop.move().begin()
        view = drive_to(run, steps.SWITCH)
        handed = view.results[steps.HAND_OVER]
        writers.stop()
    assert handed["compared"] > 0
    assert 0 <= handed["pause_ms"] < 20_000
    assert all(each["moves"] == 1 for each in writers.told)
    for table in ("items", "parts"):
        assert held(shop.there, table) == writers.expected(table)
    with shop.here.writer() as writer:
        assert "have moved to “new-shop”" in writer.refused("INSERT INTO {items} VALUES (-5000, NULL, NULL)")
    view = run.finish()

    assert view.state is RunState.SUCCEEDED, view.error
    assert shop.here.objects() == before
    assert not [name for _, name, *_ in shop.there.objects() if name.startswith("snakeweb")]


def test_a_rollback_after_further_writes_loses_none(shop: Shop):
    """The target goes on refusing with its rows there: a writer who is late would write what nobody brings back."""
    shop.fill(100)
    before = shop.there.objects()
    with shop.writers() as writers:
        run = shop.move().begin()
        drive_to(run, steps.RETIRE)
        shop.there.wait(lambda: len(held(shop.there, "items")) > 150)
        run.signal(Signal.ROLL_BACK)
        assert run.drive().reason == ParkedFor.GRACE, troubles(run)
        newest = writers.newest(held(shop.here, "items"))
        shop.here.wait(lambda: all(map(gt, writers.newest(held(shop.here, "items")), newest)))
        writers.stop()
    assert all(each["moves"] == 2 for each in writers.told)
    with shop.there.writer() as late:
        for write in ("INSERT INTO {items} VALUES (-5000, NULL, NULL)", "UPDATE {items} SET note = '' WHERE id = -1"):
            assert "have moved back to “old-shop”" in late.refused(write)
    assert run.drive().reason == ParkedFor.GRACE  # woken too early it goes on waiting
    view = run.finish()

    assert view.state is RunState.ROLLED_BACK, view.error
    for table in ("items", "parts"):
        assert held(shop.here, table) == writers.expected(table)
    assert everything(shop.there, "items") == []
    assert not [name for _, name, *_ in shop.here.objects() if name.startswith("snakeweb")]
    assert shop.there.objects() == before
