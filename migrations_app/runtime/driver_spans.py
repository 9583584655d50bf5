"""What a driver does, as spans beneath its attempt and as what its log lines are about."""

import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime

from migrations_app.engine.following import followed_by
from migrations_app.engine.ports import WorkerToken
from migrations_app.runtime.leases import Scope
from migrations_app.runtime.log_context import bound
from migrations_app.runtime.tracing import Facts, Span, Tracer, came_with, carrying, tracer
from migrations_app.runtime.work import begun_by

logger = logging.getLogger(__name__)

_AT_WORK = nullcontext()


def above(scope: Scope) -> str:
    """What an attempt at this scope is beneath, but for the task of this process: what handed it over, else whatever
    began the run.
    """
    return (came_with() or begun_by(scope.run_id)) if tracer().on else ""


@contextmanager
def attempt(scope: Scope, worker: WorkerToken, parent: str) -> Iterator[Span]:
    """One attempt at a scope, from the claim until the lease is given back, beneath this thread's task or `parent`.
    What it commits goes on from the run's own beginning.
    """
    at_work = tracer()
    carried = begun_by(scope.run_id) if at_work.on else ""
    beneath = "" if at_work.current() else parent
    with (
        bound(run=scope.run_id, **({} if scope.is_run else {"scope": str(scope)})),
        carrying(carried),
        followed_by(DriverSpans(at_work)),
        at_work.span(attempt_name(scope), attempt_facts(scope, worker.token), parent=beneath) as span,
    ):
        yield span


def attempt_name(scope: Scope) -> str:
    if scope.background:
        return f"background {scope.background}"
    return "run attempt" if scope.is_run else "partition attempt"


def attempt_facts(scope: Scope, token: int) -> Facts:
    return {"snakeweb.run.id": scope.run_id, "snakeweb.run.scope": str(scope), "snakeweb.lease.token": token}


def step_name(step_id: str, *, undo: bool = False) -> str:
    return f"{'undo' if undo else 'step'} {step_id}"


def step_facts(step_id: str, attempt: int, partition: int = 0) -> Facts:
    return {"snakeweb.step.id": step_id, "snakeweb.step.attempt": attempt, "snakeweb.step.partition": partition}


class DriverSpans:
    """Of one driver, which works in one thread; a reader ahead of it only makes calls."""

    def __init__(self, at_work: Tracer) -> None:
        self._tracer = at_work
        self.calls = at_work.on
        self._batch_began = datetime.now(UTC)

    @contextmanager
    def step(self, step_id: str, *, attempt: int, partition: int = 0, undo: bool = False) -> Iterator[None]:
        name, facts = step_name(step_id, undo=undo), step_facts(step_id, attempt, partition)
        with bound(step=step_id, attempt=attempt), self._tracer.span(name, facts):
            self._batch_began = datetime.now(UTC)
            yield
            logger.info("%s: done", name)

    def batch(self, *, done: int, unit: str) -> None:
        if not self.calls:
            return
        now = datetime.now(UTC)
        self._tracer.over(
            "batch", {"snakeweb.batch.done": done, "snakeweb.batch.unit": unit}, began=self._batch_began, ended=now
        )
        self._batch_began = now

    def call(self, store: str, operation: str) -> AbstractContextManager[object]:
        if not self._tracer.current():  # a thread that nobody follows
            return _AT_WORK
        return self._tracer.span(f"{store}.{operation}", {"snakeweb.store.kind": store})
