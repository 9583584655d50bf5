"""Celery's door: tasks take ids, call one service, and leave every decision to it."""

import logging
from functools import partial
from typing import Any

from celery import Task, bootsteps
from celery import shared_task as any_shared_task
from celery.signals import worker_shutting_down

from migrations_app.runtime import composition, tracing
from migrations_app.runtime.log_context import bound
from migrations_app.runtime.surveyor import Surveyor
from migrations_app.runtime.turns import take_short_turns
from migrations_app.runtime.watchdog import Watchdog
from migrations_app.services import (
    audit_exports,
    deliveries,
    denials,
    dispatching,
    driving,
    proving,
    report_files,
    report_sending,
    sealing,
    unattended,
)

logger = logging.getLogger(__name__)


class FollowedTask(Task):  # type: ignore[misc]
    """Goes on with the trace that its message brings; lines that it logs name its id."""

    abstract = True

    def __call__(self, *given: Any, **named: Any) -> Any:
        parent = self.request.get(tracing.TRACEPARENT) or ""
        task_id = self.request.id or ""
        span = tracing.tracer().span(f"task {self.name}", {}, parent=parent, quiet=not parent)
        with bound(task=task_id), tracing.carrying(parent), span:
            return super().__call__(*given, **named)


shared_task = partial(any_shared_task, base=FollowedTask)


@shared_task(name="snakeweb.drive_run")  # type: ignore[untyped-decorator]
def drive_run(run_id: int) -> None:
    with bound(run=run_id):
        outcome = driving.drive_run(run_id=run_id, clock=composition.clock())
        logger.info("run %s: %s %s", run_id, outcome.kind, outcome.reason)


@shared_task(name="snakeweb.drive_partition")  # type: ignore[untyped-decorator]
def drive_partition(run_id: int, step: str, partition: int) -> None:
    with bound(run=run_id):
        outcome = driving.drive_partition(run_id=run_id, step=step, partition=partition, clock=composition.clock())
        logger.info("run %s, %s[%s]: %s %s", run_id, step, partition, outcome.kind, outcome.reason)


@shared_task(name="snakeweb.drive_background")  # type: ignore[untyped-decorator]
def drive_background(run_id: int, name: str) -> None:
    with bound(run=run_id):
        outcome = driving.drive_background(run_id=run_id, name=name, clock=composition.clock())
        logger.info("run %s, %s: %s %s", run_id, name, outcome.kind, outcome.reason)


@shared_task(name="snakeweb.send_mail")  # type: ignore[untyped-decorator]
def send_mail(notification_id: int) -> None:
    dispatching.deliver_mail(notification_id=notification_id, now=composition.clock().now())


@shared_task(name="snakeweb.deliver_webhook")  # type: ignore[untyped-decorator]
def deliver_webhook(delivery_id: int) -> None:
    deliveries.deliver(delivery_id=delivery_id, clock=composition.clock())


@shared_task(name="snakeweb.write_audit_export")  # type: ignore[untyped-decorator]
def write_audit_export(export_id: int) -> None:
    audit_exports.write(export_id=export_id, clock=composition.clock())


@shared_task(name="snakeweb.write_report")  # type: ignore[untyped-decorator]
def write_report(file_id: int) -> None:
    report_files.write(file_id=file_id, clock=composition.clock())


@shared_task(name="snakeweb.send_reports")  # type: ignore[untyped-decorator]
def send_reports(run_id: int, seq: int) -> None:
    report_sending.send_at_end(run_id=run_id, seq=seq, now=composition.clock().now())


@shared_task(name="snakeweb.run_due_schedules")  # type: ignore[untyped-decorator]
def run_due_schedules() -> None:
    attended = unattended.run_due(clock=composition.clock())
    if any((attended.started, attended.missed, attended.held_up, attended.closed, attended.told, attended.resumed)):
        logger.info("schedules: %s", attended)


@shared_task(name="snakeweb.seal_audit")  # type: ignore[untyped-decorator]
def seal_audit() -> None:
    sealed = sealing.seal_audit(now=composition.clock().now())
    if sealed.made or sealed.written:
        logger.info("audit: %s", sealed)


@shared_task(name="snakeweb.watch_audit")  # type: ignore[untyped-decorator]
def watch_audit() -> None:
    seen = proving.watch_new(now=composition.clock().now())
    if not seen.ok:
        logger.error("the audit chain is broken: %s", seen.problem)


@shared_task(name="snakeweb.tell_repeated_denials")  # type: ignore[untyped-decorator]
def tell_repeated_denials() -> None:
    denials.tell_repeated(now=composition.clock().now())


class WatchdogStep(bootsteps.StartStopStep):  # type: ignore[misc]
    """Runs the watchdog in each worker process, from after its pool is up until before it goes down."""

    requires = {"celery.worker.components:Pool"}

    def __init__(self, worker: Any, **options: Any) -> None:
        super().__init__(worker, **options)
        self._watchdog: Watchdog | None = None
        self._surveyor: Surveyor | None = None

    def start(self, worker: Any) -> None:
        take_short_turns()
        self._watchdog = Watchdog(
            lambda scope: driving.drive(scope=scope, clock=composition.clock()),
            composition.run_settings(),
            composition.clock(),
        )
        self._watchdog.start()
        self._surveyor = Surveyor(composition.clock())
        self._surveyor.start()

    def stop(self, worker: Any) -> None:
        driving.process_stop.asked.set()
        if self._surveyor is not None:
            self._surveyor.stop()
        if self._watchdog is not None:
            self._watchdog.stop()


@worker_shutting_down.connect(weak=False)  # type: ignore[untyped-decorator]
def _stop_at_the_next_checkpoint(**_: Any) -> None:
    driving.process_stop.asked.set()
