import threading
import time

import pytest

from migrations_app.routing import patience as module
from migrations_app.routing.errors import WritesAreWaiting
from migrations_app.routing.patience import Patience
from migrations_app.routing.sources import RouteSource
from tests.routing.test_sources import record


@pytest.fixture
def source():
    source = RouteSource("web")
    source.offer(record(3))
    return source


def test_pauses_end_with_the_budget_and_name_the_route(source):
    patience, began = Patience(0.05), time.monotonic()
    while patience.left > 0:
        patience.pause(source, source.current())
    with pytest.raises(WritesAreWaiting) as refused:
        patience.pause(source, source.current())

    assert time.monotonic() - began >= 0.05
    assert refused.value.details == {"route": "web", "epoch": 3, "waited_seconds": 0.05}


def test_pauses_are_a_random_part_of_a_growing_delay(source, monkeypatch):
    longest = []
    monkeypatch.setattr(module.random, "uniform", lambda least, most: longest.append(most) or 0.0)
    patience = Patience(10)
    for _ in range(12):
        patience.pause(source, source.current())

    assert longest[:4] == [0.005, 0.01, 0.02, 0.04]
    assert longest[-1] == module.LONGEST_SECONDS


def test_the_budget_counts_from_when_the_caller_asked(source):
    late = Patience(10, asked_at=time.monotonic() - 11)
    with pytest.raises(WritesAreWaiting):
        late.pause(source, source.current())

    assert Patience(10, asked_at=time.monotonic() - 1).left <= 9


def test_a_newer_record_ends_the_wait(source):
    known, patience = source.current(), Patience(60)
    source.offer(record(4))
    patience.wait(source, known, 60)

    assert patience.left > 0


def test_who_has_gone_waits_no_longer(source):
    gone = threading.Event()
    patience = Patience(30, gone)
    leaver = threading.Timer(0.02, gone.set)
    leaver.start()
    patience.wait(source, source.current(), 20)
    leaver.join()

    with pytest.raises(WritesAreWaiting):
        patience.pause(source, source.current())
    assert patience.left > 10
