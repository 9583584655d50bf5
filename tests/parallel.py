"""Running things side by side, with a deadline, and waiting for conditions instead of sleeping."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import connections

T = TypeVar("T")

DEADLINE_SECONDS = 60.0
LOOK_AGAIN_SECONDS = 0.02


def at_once(*calls: Callable[[], T]) -> list[T | Exception]:
    """Call all of them in threads that start from one barrier; results or exceptions, in order."""
    barrier = threading.Barrier(len(calls))

    def one(call: Callable[[], T]) -> T | Exception:
        try:
            barrier.wait(DEADLINE_SECONDS)
            return call()
        except Exception as error:  # noqa: BLE001  (the test looks at it)
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(one, calls))


def in_thread(call: Callable[[], T]) -> T:
    """The result of a call made in another thread, over a database connection of its own."""
    outcome = at_once(call)[0]
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def wait_for(condition: Callable[[], T], seconds: float = DEADLINE_SECONDS, what: str = "the condition") -> T:
    """The first truthy value of the condition. Raises TimeoutError after the deadline."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise TimeoutError(f"{what} did not come true within {seconds} s")
        time.sleep(LOOK_AGAIN_SECONDS)


def exceptions(outcomes: Sequence[object]) -> list[Exception]:
    return [outcome for outcome in outcomes if isinstance(outcome, Exception)]
