import threading

import pytest
from django.db import connection

from migrations_app.engine.errors import LeaseLost
from migrations_app.engine.interruptions import SliceOver
from migrations_app.engine.ports import WorkerToken
from migrations_app.models import Lease
from migrations_app.runtime import leases
from migrations_app.runtime.clock import SystemClock, database_now
from migrations_app.runtime.heartbeat import Heartbeat
from migrations_app.runtime.leases import Scope
from migrations_app.runtime.settings import RuntimeSettings
from migrations_app.testing.memory import ManualClock
from tests.parallel import wait_for
from tests.runs import a_run

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_semantics]

QUICK = RuntimeSettings(lease_seconds=0.5, renew_seconds=0.05, batch_limit_seconds=30)


@pytest.fixture
def worker() -> WorkerToken:
    claimed = leases.claim(Scope(a_run().pk), "a worker", QUICK.lease_seconds)
    assert claimed is not None
    return claimed


def expires_at() -> object:
    return Lease.objects.get().expires_at


def test_a_driver_that_shows_progress_keeps_its_lease(worker: WorkerToken) -> None:
    first = database_now()
    with Heartbeat(worker, QUICK, SystemClock()) as heartbeat:
        wait_for(lambda: (database_now() - first).total_seconds() > 2 * QUICK.lease_seconds)
        heartbeat.alive()
        assert leases.claim(Scope.parse(worker.scope), "another", 1) is None


def test_a_broken_connection_costs_one_beat_and_not_the_lease(
    worker: WorkerToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a restart of the database: the thread's connection is dead, and a new one would do."""
    renew, broken, renewed = leases.renew, threading.Event(), threading.Event()

    def breaking(worker: WorkerToken, seconds: float) -> bool:
        if not broken.is_set():
            connection.ensure_connection()
            connection.connection.close()
            broken.set()
        kept = renew(worker, seconds)
        renewed.set()
        return kept

    monkeypatch.setattr(leases, "renew", breaking)
    with Heartbeat(worker, QUICK, SystemClock()) as heartbeat:
        assert broken.wait(60)
        assert renewed.wait(60)
        heartbeat.alive()


def test_a_silent_driver_s_lease_is_left_to_expire(worker: WorkerToken) -> None:
    clock = ManualClock()
    with Heartbeat(worker, QUICK, clock) as heartbeat:
        clock.advance(QUICK.batch_limit_seconds + 1)
        wait_for(lambda: leases.wanting(), what="the lease to expire")
        heartbeat.alive()  # it wakes up before anybody took the lease
        wait_for(lambda: not leases.wanting(), what="the lease to be renewed again")


def test_a_lost_lease_is_noticed_and_ends_the_driver(worker: WorkerToken) -> None:
    with Heartbeat(worker, QUICK, SystemClock()) as heartbeat:
        Lease.objects.update(token=worker.token + 1)
        wait_for(lambda: heartbeat.lost)
        with pytest.raises(LeaseLost):
            heartbeat.alive()


def test_a_process_that_is_to_stop_ends_the_slice(worker: WorkerToken) -> None:
    asked = threading.Event()
    with Heartbeat(worker, QUICK, SystemClock(), asked.is_set) as heartbeat:
        heartbeat.alive()
        asked.set()
        with pytest.raises(SliceOver):
            heartbeat.alive()


def test_while_clients_wait_the_lease_is_short_and_renewed_at_once(worker: WorkerToken) -> None:
    slow = RuntimeSettings(lease_seconds=60, renew_seconds=30, urgent_lease_seconds=0.4, urgent_renew_seconds=0.05)
    with Heartbeat(worker, slow, SystemClock()) as heartbeat:
        leases.renew(worker, slow.lease_seconds)
        with heartbeat.urgent():
            wait_for(lambda: (remaining() or 60) < 1, what="the lease to be short")
            first = database_now()
            wait_for(lambda: (database_now() - first).total_seconds() > 2 * slow.urgent_lease_seconds)
            assert leases.claim(Scope.parse(worker.scope), "another", 1) is None
        wait_for(lambda: (remaining() or 0) > 30, what="the lease to be long again")


def test_a_driver_that_falls_silent_while_clients_wait_loses_its_lease_soon(worker: WorkerToken) -> None:
    clock = ManualClock()
    slow = RuntimeSettings(lease_seconds=60, renew_seconds=30, urgent_lease_seconds=0.3, urgent_renew_seconds=0.05)
    with Heartbeat(worker, slow, clock) as heartbeat, heartbeat.urgent():
        wait_for(lambda: (remaining() or 60) < 1, what="the lease to be short")
        clock.advance(2 * slow.urgent_lease_seconds + 0.1)
        wait_for(lambda: leases.wanting(), what="the lease to expire")


def remaining() -> float | None:
    expiry = Lease.objects.get().expires_at
    return (expiry - database_now()).total_seconds() if expiry else None
