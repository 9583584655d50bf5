"""What happens between the copy and the hand-over."""

import pytest

from migrations_app.engine.crash_points import Crash, armed
from migrations_app.handlers.data.live import steps
from tests.handlers.data.live.shop import (
    Shop,
    died,
    drive_to,
    everything,
    finished,
    nothing_left,
    rolled_back,
)

pytestmark = pytest.mark.servers


def test_a_log_that_grows_too_large_ends_the_run(two_servers: Shop):
    run = two_servers.move(most_log_bytes=1024**2).begin()
    died(run, "data.live.installed")
    two_servers.here.run(
        "INSERT INTO {items} SELECT n, n::text, '' FROM generate_series(1, 20000) AS n",
        "UPDATE {items} SET note = 'again'",
    )
    rolled_back(run, "may take")
    nothing_left(two_servers)


def test_a_table_that_is_emptied_and_filled_again(two_servers: Shop):
    two_servers.fill(20)
    run = two_servers.move().begin()
    died(run, "data.live.installed")
    two_servers.here.run("TRUNCATE {items} CASCADE", "INSERT INTO {items} VALUES (5, 'five', '')")
    finished(run)

    assert everything(two_servers.there, "items") == [(5, "five", "")]
    assert everything(two_servers.there, "parts") == []


def test_a_row_of_a_transaction_that_ends_after_the_copy(two_servers: Shop):
    run = two_servers.move().begin()
    died(run, "data.live.installed")
    with two_servers.here.writer() as slow:
        slow.begin()
        slow.run("INSERT INTO {items} VALUES (5, 'five', '')")
        run.memory.on_append = lambda event: slow.commit() if _hands_over(event) else None
        with armed("data.live.stopped:raise"), pytest.raises(Crash):
            drive_to(run, steps.RETIRE)
    run.memory.on_append = None
    finished(run)

    assert everything(two_servers.there, "items") == [(5, "five", "")]


def _hands_over(event: object) -> bool:
    return steps.HAND_OVER in repr(event) and "StepStarted" in repr(event)
