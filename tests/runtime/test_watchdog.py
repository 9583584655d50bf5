import threading
from datetime import timedelta

import pytest

from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.models import Lease, Route
from migrations_app.runtime import leases
from migrations_app.runtime import watchdog as module
from migrations_app.runtime.clock import SystemClock, database_now
from migrations_app.runtime.leases import Scope
from migrations_app.runtime.settings import RuntimeSettings
from migrations_app.runtime.watchdog import Watchdog
from tests.parallel import wait_for
from tests.runs import AT, a_run, environment

pytestmark = pytest.mark.django_db(transaction=True)

QUICK = RuntimeSettings(watchdog_seconds=0.02, watchdog_drivers=2, resend_seconds=5)


def abandoned_run() -> Scope:
    scope = Scope(a_run().pk)
    leases.claim(scope, "dead", 1)
    Lease.objects.filter(run_id=scope.run_id).update(expires_at=database_now() - timedelta(seconds=1))
    return scope


class Driver:
    """Drives nothing: it notes the scope, waits until it may end, and claims the lease like a driver would."""

    def __init__(self) -> None:
        self.seen: list[Scope] = []
        self.may_end = threading.Event()

    def __call__(self, scope: Scope) -> None:
        self.seen.append(scope)
        self.may_end.wait(60)
        leases.claim(scope, "heir", 60)


def test_abandoned_leases_are_driven_each_by_one_thread_as_far_as_threads_are_free() -> None:
    scopes = {abandoned_run(), abandoned_run(), abandoned_run()}
    driver = Driver()
    watchdog = Watchdog(driver, QUICK, SystemClock())
    watchdog.start()
    wait_for(lambda: len(driver.seen) == 2)
    assert watchdog.look() == 0

    driver.may_end.set()
    wait_for(lambda: set(driver.seen) == scopes)  # one that ended between look and take-over may be offered twice
    watchdog.stop()
    assert leases.wanting() == []


def test_live_and_idle_leases_are_left_alone() -> None:
    live, idle = Scope(a_run().pk), Scope(a_run().pk)
    leases.claim(live, "alive", 60)
    worker = leases.claim(idle, "done", 60)
    assert worker is not None
    leases.release(worker, wake_at=None)

    assert Watchdog(Driver(), QUICK, SystemClock()).look() == 0


def test_a_driver_that_fails_frees_its_thread() -> None:
    scope = abandoned_run()
    failures: list[Scope] = []

    def fail(scope: Scope) -> None:
        failures.append(scope)
        raise RuntimeError("no")

    watchdog = Watchdog(fail, QUICK, SystemClock())
    watchdog.start()
    wait_for(lambda: len(failures) >= 3)
    watchdog.stop()
    assert set(failures) == {scope}


def test_whatever_fails_in_a_round_the_rest_and_the_next_round_go_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing starts the thread anew, and overdue hand-overs are ended by it alone."""
    looks: list[float] = []
    ended: list[object] = []

    def fail(limit: int, *, overdue_seconds: float) -> list[Lease]:
        looks.append(overdue_seconds)
        raise ValueError("not a lease")

    monkeypatch.setattr(leases, "abandoned", fail)
    monkeypatch.setattr(module, "end_overdue", ended.append)
    watchdog = Watchdog(Driver(), QUICK, SystemClock())
    watchdog.start()
    wait_for(lambda: len(looks) >= 3 and len(ended) >= 2)
    watchdog.stop()
    told = [record for record in caplog.records if record.name == module.__name__]
    assert [record.exc_info[0] for record in told[:2] if record.exc_info] == [ValueError, ValueError]


def test_a_thread_that_cannot_be_started_takes_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    scope = abandoned_run()
    driver = Driver()
    driver.may_end.set()
    watchdog = Watchdog(driver, RuntimeSettings(watchdog_seconds=60, watchdog_drivers=1), SystemClock())
    watchdog.start()

    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        assert (watchdog.look(), watchdog.look()) == (0, 0)
    assert watchdog.look() == 1
    watchdog.stop()
    assert driver.seen == [scope]


def test_while_writes_wait_somewhere_it_looks_more_often() -> None:
    """Its ordinary pace is too slow for this test to see anything."""
    lazy = RuntimeSettings(watchdog_seconds=0.2, urgent_watchdog_seconds=0.02, watchdog_drivers=1)
    route = Route.objects.create(
        environment=environment(), name="sessions", epoch=4, phase=RoutePhase.HANDOFF, authority="a", changed_at=AT
    )
    watchdog = Watchdog(lambda scope: None, lazy, SystemClock())
    assert watchdog.pause() == lazy.watchdog_seconds
    Route.objects.filter(pk=route.pk).update(handoff_deadline=database_now())
    assert watchdog.pause() == lazy.urgent_watchdog_seconds
