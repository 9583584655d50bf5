import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from migrations_app.engine.background import Background, BackgroundContext
from migrations_app.engine.errors import DependencyUnavailable, LeaseLost
from migrations_app.engine.interruptions import SliceOver
from migrations_app.engine.ports import RouteClient, WorkerToken
from migrations_app.engine.vocabulary import CutoverOrder
from migrations_app.testing.live import MemoryLive
from migrations_app.testing.memory import ManualClock, MemoryRoutes


class Driver(Background):
    """Answers each drive in turn: a time to go on, None for the end, or an error."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.drives = 0
        self.over = threading.Event()

    def drive(self, ctx: BackgroundContext) -> datetime | None:
        self.drives += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        ctx.alive()
        if isinstance(answer, BaseException):
            raise answer
        if answer is None:
            self.over.set()
        return answer


def context(name: str, alive: Callable[[], None]) -> BackgroundContext:
    worker = WorkerToken(name, 1)
    return BackgroundContext(1, {}, {}, {}, worker, ManualClock(), MemoryRoutes(), MemoryLive(), None, alive)  # type: ignore[arg-type]


@pytest.fixture
def live():
    live = MemoryLive()
    yield live
    live.close()


def test_orders_limits_and_clients_are_what_the_test_says(live):
    assert (live.order(), live.most_a_second(), live.clients("web")) == (CutoverOrder.NONE, 0, ())
    live.cutover, live.limit = CutoverOrder.HOLD, 7
    client = RouteClient("c", "b", 1, 0, is_live=True)
    live.followers = lambda: [client]

    assert (live.order(), live.most_a_second(), live.clients("web")) == (CutoverOrder.HOLD, 7, [client])


def test_panels_carry_their_time(live):
    live.show("web", "relay", {"lag": 3})

    shown = live.shown("web")["relay"]
    assert shown["lag"] == 3
    assert datetime.fromisoformat(shown["at"]) <= datetime.now(UTC)


def test_hurry_is_counted(live):
    with live.urgent():
        assert live.hurried == 1


def test_what_is_wanted_starts_nothing_until_somebody_attends(live):
    live.want("relay")

    assert live.wanted == ["relay"]


def test_a_driver_is_driven_until_it_says_that_it_has_ended(live):
    soon = datetime.now(UTC) - timedelta(seconds=1)
    driver = Driver(soon, SliceOver(), LeaseLost(), DependencyUnavailable(), None)
    live.attend({"relay": driver}, context)
    live.want("relay")

    assert driver.over.wait(60)
    live.close()
    assert driver.drives == 5


def test_one_that_is_driven_already_is_not_started_twice(live):
    driver = Driver(datetime.now(UTC) + timedelta(hours=1))
    live.attend({"relay": driver}, context)
    live.want("relay")
    live.want("relay")
    assert [thread.name for thread in threading.enumerate()].count("relay") == 1

    live.close()
    assert [thread.name for thread in threading.enumerate()].count("relay") == 0
