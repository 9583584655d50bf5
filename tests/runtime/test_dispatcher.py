import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from celery import Celery
from django.conf import LazySettings
from kombu import pools
from redis import Redis

from migrations_app.models import Leadership, Lease, OutboxRow
from migrations_app.runtime import dispatcher as module
from migrations_app.runtime import leases, outbox
from migrations_app.runtime.clock import SystemClock, database_now
from migrations_app.runtime.dispatcher import Dispatcher
from migrations_app.runtime.leases import Scope
from migrations_app.runtime.settings import RuntimeSettings
from migrations_app.testing.memory import ManualClock
from migrations_app.testing.servers import RedisServer
from tests.parallel import in_thread, wait_for
from tests.runs import AT, a_run

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.servers]

QUICK = RuntimeSettings(poll_seconds=0.05, resend_seconds=5)


@dataclass(frozen=True)
class Broker:
    """A broker of this test's own, seen from both ends."""

    app: Celery
    client: Redis

    def delivered(self, queue: str = outbox.CONTROL) -> list[str]:
        messages = self.client.lrange(queue, 0, -1)
        return sorted(json.loads(message)["headers"]["argsrepr"] for message in messages)

    def dispatcher(self, clock: ManualClock | SystemClock | None = None) -> Dispatcher:
        return Dispatcher(clock or SystemClock(), QUICK, self.app)


@pytest.fixture
def broker(empty_redis: RedisServer, settings: LazySettings) -> Iterator[Broker]:
    settings.CELERY_BROKER_URL = empty_redis.url
    with Celery(broker=empty_redis.url, set_as_current=False) as app, Redis.from_url(empty_redis.url) as client:
        yield Broker(app, client)
        pools.reset()  # Kombu's connection pools belong to the process, not to the application


def test_committed_work_is_sent_to_its_queue(broker: Broker) -> None:
    run = a_run()
    outbox.put(outbox.DRIVE_PARTITION, [run.pk, "copy", 0], now=AT)

    assert broker.dispatcher().tick() == 2
    assert broker.delivered() == [f"[{run.pk}]"]
    assert broker.delivered(outbox.BULK) == [f"[{run.pk}, 'copy', 0]"]
    assert broker.dispatcher().tick() == 0


def test_what_nobody_claims_is_sent_again(broker: Broker) -> None:
    clock = ManualClock()
    run = a_run()
    OutboxRow.objects.update(created_at=clock.now())
    sender = broker.dispatcher(clock)
    assert sender.tick() == 1
    clock.advance(QUICK.resend_seconds + 0.1)

    assert sender.tick() == 1
    assert broker.delivered() == [f"[{run.pk}]"] * 2


def test_one_leads_and_the_next_follows(broker: Broker) -> None:
    first, second = broker.dispatcher(), broker.dispatcher()
    second._holder = "another process"
    a_run()

    assert first.tick() == 1
    OutboxRow.objects.update(sent_at=None)
    assert second.tick() == 0
    leases.resign(module.DISPATCHING, first._holder)
    assert second.tick() == 1


def test_wake_times_and_dead_drivers_are_offered(broker: Broker) -> None:
    parked, dead = Scope(a_run().pk), Scope(a_run().pk)
    OutboxRow.objects.all().delete()
    worker = leases.claim(parked, "a", 60)
    assert worker is not None
    leases.release(worker, wake_at=database_now() + timedelta(hours=1))
    leases.claim(dead, "b", 60)
    assert broker.dispatcher().tick() == 0

    Lease.objects.filter(run_id=parked.run_id).update(due_at=database_now())
    Lease.objects.filter(run_id=dead.run_id).update(expires_at=database_now())
    assert broker.dispatcher().tick() == 2
    assert broker.delivered() == sorted([f"[{parked.run_id}]", f"[{dead.run_id}]"])


def test_a_broker_that_is_away_loses_nothing(broker: Broker) -> None:
    a_run()
    with Celery(broker="redis://127.0.0.1:1/0", set_as_current=False) as nobody:
        assert Dispatcher(SystemClock(), QUICK, nobody).tick() == 0

    row = OutboxRow.objects.get()
    assert (row.claimed_at, row.sent_count) == (None, 1)


def test_chores_are_done_once_a_minute(broker: Broker) -> None:
    clock = ManualClock()
    done: list[datetime] = []
    leader = Dispatcher(clock, QUICK, broker.app, [done.append])

    leader.tick()
    assert done == []
    clock.advance(61)
    leader.tick()
    leader.tick()

    assert done == [clock.now()]


def test_a_chore_that_fails_keeps_nothing_waiting(broker: Broker, caplog: pytest.LogCaptureFixture) -> None:
    """A place for artifacts that is away, say: runs go on all the same."""
    clock = ManualClock()
    done: list[datetime] = []

    def fail(now: datetime) -> None:
        raise FileNotFoundError(f"no such place at {now}")

    leader = Dispatcher(clock, QUICK, broker.app, [fail, done.append])
    run = a_run()
    OutboxRow.objects.update(created_at=clock.now())
    for _ in range(2):
        clock.advance(61)
        leader.tick()

    assert len(done) == 2
    assert [record.exc_info is not None for record in caplog.records if "a chore" in record.message] == [True, True]
    assert set(broker.delivered()) == {f"[{run.pk}]"}


def test_old_rows_are_tidied_away(broker: Broker) -> None:
    clock = ManualClock()
    sender = broker.dispatcher(clock)
    outbox.put(outbox.DRIVE_RUN, [1], now=clock.now())
    outbox.mark_claimed(outbox.DRIVE_RUN, [1], clock.now())
    clock.advance(25 * 3600)
    sender.tick()

    assert not OutboxRow.objects.exists()


def test_it_runs_until_told_to_stop_and_lets_another_lead(broker: Broker) -> None:
    run = a_run()
    stop = threading.Event()
    thread = threading.Thread(target=lambda: in_thread(lambda: broker.dispatcher().run(stop)))
    thread.start()
    wait_for(lambda: broker.delivered() == [f"[{run.pk}]"])
    stop.set()
    thread.join(60)

    assert not thread.is_alive()
    assert Leadership.objects.get().holder == ""
