"""Moves committed work to the broker. Any number may run; the one that leads does the work (DESIGN section 3).

It only offers: a row is sent until a worker claims it, and the lease decides who drives. So it may die at any line.
"""

import logging
import os
import socket
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from celery import Celery
from django.db import DatabaseError, close_old_connections, transaction
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from migrations_app.engine.crash_points import reach
from migrations_app.engine.ports import Clock
from migrations_app.models import DISPATCHING, OutboxRow
from migrations_app.runtime import leases, outbox, tracing, work
from migrations_app.runtime.events import PokeWaiter
from migrations_app.runtime.leases import Scope
from migrations_app.runtime.settings import RuntimeSettings

logger = logging.getLogger(__name__)

LEAD_SECONDS = 5.0
TIDY_SECONDS = 60.0


class Dispatcher:
    """`chores` are called once a minute with the time, by the one that leads (ending reviews that are due, say).

    One that fails is in the log and is called again a minute later; it keeps no work and no other chore waiting.
    """

    def __init__(
        self,
        clock: Clock,
        settings: RuntimeSettings,
        broker: Celery,
        chores: Sequence[Callable[[datetime], object]] = (),
    ) -> None:
        self._clock = clock
        self._settings = settings
        self._broker = broker
        self._chores = chores
        self._holder = f"{socket.gethostname()}:{os.getpid()}"
        self._tidied_at = clock.monotonic()

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set; then let another dispatcher lead at once."""
        poke = PokeWaiter()
        try:
            while not stop.is_set():
                self._guarded_tick()
                self._rest(poke, stop)
        finally:
            poke.close()
            leases.resign(DISPATCHING, self._holder)

    def tick(self) -> int:
        """One look. Returns how many rows were sent; 0 when another dispatcher leads."""
        if not leases.lead(DISPATCHING, self._holder, LEAD_SECONDS):
            return 0
        self._offer_what_waits()
        self._tidy()
        return self._send()

    def _guarded_tick(self) -> None:
        try:
            close_old_connections()
            self.tick()
        except DatabaseError as error:
            logger.warning("the database does not answer, trying again: %s", error)

    def _rest(self, poke: PokeWaiter, stop: threading.Event) -> None:
        try:
            poke.wait(self._settings.poll_seconds)
        except (RedisError, OSError) as error:
            logger.warning("the broker does not answer, trying again: %s", type(error).__name__)
            stop.wait(self._settings.poll_seconds)

    def _offer_what_waits(self) -> None:
        """Wake times that have come, drivers that died, and work whose outbox row got lost."""
        scopes = [Scope.of(lease) for lease in leases.wanting()]
        if scopes:
            with transaction.atomic():
                work.offer(scopes, now=self._clock.now())

    def _send(self) -> int:
        now = self._clock.now()
        sent = 0
        for row in outbox.sendable(now, resend_seconds=self._settings.resend_seconds):
            if not outbox.mark_sent(row, now):
                continue
            reach("dispatcher.send.before")
            if not send(self._broker, row, now):
                break
            sent += 1
        return sent

    def _tidy(self) -> None:
        if self._clock.monotonic() - self._tidied_at > TIDY_SECONDS:
            self._tidied_at = self._clock.monotonic()
            for chore in (outbox.forget_old, *self._chores):
                self._guarded_chore(chore)

    def _guarded_chore(self, chore: Callable[[datetime], object]) -> None:
        try:
            chore(self._clock.now())
        except Exception:
            logger.exception("a chore of the dispatcher failed; it is tried again in %g s", TIDY_SECONDS)


def send(broker: Celery, row: OutboxRow, now: datetime) -> bool:
    """Hand one row to the broker; False when it does not answer (the row is sent again later)."""
    arguments: Sequence[Any] = row.arguments
    try:
        broker.send_task(row.task, args=list(arguments), queue=row.queue, retry=False, headers=_headers(row, now))
    except (OperationalError, RedisError, OSError) as error:
        logger.warning("row %s not sent, trying again: %s", row.pk, type(error).__name__)
        return False
    return True


def _headers(row: OutboxRow, now: datetime) -> dict[str, str]:
    """The task goes on from how long its row lay in the outbox."""
    if not row.traceparent:
        return {}
    facts: tracing.Facts = {"snakeweb.outbox.queue": row.queue, "snakeweb.outbox.sent_count": row.sent_count + 1}
    since = max(row.created_at, row.not_before or row.created_at)
    sent = tracing.tracer().over(f"outbox {row.task}", facts, began=min(since, now), ended=now, parent=row.traceparent)
    return {tracing.TRACEPARENT: sent or row.traceparent}
