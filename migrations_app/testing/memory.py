"""The engine's ports in memory, for tests of handlers and of the engine itself.

They keep the promises of the real ones (one contract suite runs over both): leases with fencing tokens, JSON
payloads, artifacts that exist whole or not at all, routes by compare-and-set.
"""

import contextlib
import hashlib
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, BinaryIO

from migrations_app.engine.errors import DependencyUnavailable, IllegalTransition, LeaseLost
from migrations_app.engine.journal import Event, EventType, NewEvent, apply, initial_view
from migrations_app.engine.plan import Plan
from migrations_app.engine.ports import (
    Appended,
    ArtifactRef,
    Clock,
    ExecutionPorts,
    Live,
    RouteRecord,
    Unwatched,
    WorkerToken,
)
from migrations_app.engine.run_view import RunView
from migrations_app.engine.vocabulary import Signal

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class ManualClock:
    """Stands still until it is moved."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start
        self._monotonic = 0.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def advance(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
        self._monotonic += seconds

    def advance_to(self, at: datetime) -> None:
        self.advance(max(0.0, (at - self._now).total_seconds()))


@dataclass
class MemoryRun:
    """The journal of one run as the database would hold it: events, signal, the newest token of each scope.

    With a `plan`, appends learn the run's state, as they do from the real journal. `before_append` is called
    before a driver's append and `on_append` after each: tests leave signals, move the clock, steal leases or let
    the driver die there.
    """

    clock: Clock
    plan: Plan | None = None
    events: list[Event] = field(default_factory=list)
    signal: Signal = Signal.NONE
    tokens: dict[str, int] = field(default_factory=dict)
    on_append: Callable[[Sequence[Event]], None] | None = None
    before_append: Callable[[Sequence[NewEvent]], None] | None = None
    _view: RunView | None = None

    def claim(self, scope: str) -> WorkerToken:
        """Take the lease: the token grows by one, and the driver before is superseded."""
        self.tokens[scope] = self.tokens.get(scope, 0) + 1
        return WorkerToken(scope, self.tokens[scope])

    def journal(self, worker: WorkerToken) -> "MemoryJournal":
        return MemoryJournal(self, worker)

    def write(self, *events: NewEvent) -> None:
        """Append as a service does, without a lease."""
        for event in events:
            payload = json.loads(json.dumps(dict(event.payload)))
            seq = len(self.events) + 1
            self.events.append(
                Event(seq, self.clock.now(), event.type, event.step, event.partition, event.attempt, payload)
            )
        if self.on_append is not None and events:
            self.on_append(self.events[-len(events) :])

    def queue(self) -> None:
        self.write(NewEvent(EventType.RUN_QUEUED))

    def learned(self) -> Appended:
        if self.plan is None:
            return Appended(len(self.events), self.signal)
        view = self._view or initial_view(self.plan)
        for event in self.events[view.seq :]:
            view = apply(view, event)
        self._view = view
        return Appended(view.seq, self.signal, view.state)


class MemoryJournal:
    """A driver's view of a `MemoryRun`, under its token."""

    def __init__(self, run: MemoryRun, worker: WorkerToken) -> None:
        self._run = run
        self._worker = worker

    def load(self) -> Sequence[Event]:
        return tuple(self._run.events)

    def append(self, events: Sequence[NewEvent], unless_asked: Sequence[NewEvent] = ()) -> Appended:
        if self._run.before_append is not None and events:
            self._run.before_append((*events, *unless_asked))
        newest = self._run.tokens.get(self._worker.scope, 0)
        if newest > self._worker.token:
            raise LeaseLost(details={"scope": self._worker.scope, "token": self._worker.token, "newest": newest})
        withheld = bool(unless_asked) and self._run.signal is not Signal.NONE
        self._run.write(*events, *(() if withheld else unless_asked))
        return replace(self._run.learned(), withheld=withheld)


class MemoryArtifacts:
    """Artifacts in a dict; a stream that ends with an error leaves nothing behind."""

    def __init__(self) -> None:
        self._blobs: dict[str, bytes] = {}

    @contextlib.contextmanager
    def create(self, key: str) -> Iterator[BinaryIO]:
        stream = io.BytesIO()
        yield stream
        self._blobs[key] = stream.getvalue()

    @contextlib.contextmanager
    def open(self, key: str) -> Iterator[BinaryIO]:
        if key not in self._blobs:
            raise DependencyUnavailable(f"There is no artifact “{key}”.", details={"key": key})
        yield io.BytesIO(self._blobs[key])

    def stat(self, key: str) -> ArtifactRef | None:
        blob = self._blobs.get(key)
        return None if blob is None else ArtifactRef(key, hashlib.sha256(blob).hexdigest(), len(blob))

    def delete(self, key: str) -> None:
        self._blobs.pop(key, None)

    def keys(self, prefix: str) -> Iterator[str]:
        yield from sorted(key for key in self._blobs if key.startswith(prefix))


class MemoryRoutes:
    """Route records by name; `published` keeps every record in the order of publication."""

    def __init__(self) -> None:
        self._records: dict[str, RouteRecord] = {}
        self._reserved: dict[str, int] = {}
        self.published: list[RouteRecord] = []

    def get(self, name: str) -> RouteRecord | None:
        return self._records.get(name)

    def publish(self, record: RouteRecord, *, expected_epoch: int | None) -> RouteRecord:
        known = self._records.get(record.name)
        if (known.epoch if known else None) != expected_epoch:
            raise IllegalTransition(
                f"The route “{record.name}” moved meanwhile; it was left as it is.",
                details={"expected": expected_epoch, "found": known.epoch if known else None},
            )
        if known is not None and record.epoch <= known.epoch:
            raise IllegalTransition(f"The epoch of route “{record.name}” only grows; it was left as it is.")
        stored = replace(record, stores=dict(record.stores))
        self._records[record.name] = stored
        self.published.append(stored)
        return stored

    def reserve(self, name: str, *, expected_epoch: int, count: int) -> int:
        known = self._records.get(name)
        if known is None or known.epoch != expected_epoch:
            raise IllegalTransition(f"The route “{name}” moved meanwhile; no epoch was set aside.")
        self._reserved[name] = self.reserved(name) + count
        return self._reserved[name]

    def reserved(self, name: str) -> int:
        known = self._records.get(name)
        return max(self._reserved.get(name, 0), known.epoch if known else 0)

    def now(self) -> datetime:
        return datetime.now(UTC)


def ports(
    run: MemoryRun,
    worker: WorkerToken,
    *,
    artifacts: MemoryArtifacts | None = None,
    routes: MemoryRoutes | None = None,
    live: Live | None = None,
    extra: Mapping[str, Any] | None = None,
) -> ExecutionPorts:
    """Ports of one driver. Drivers of the same run share `run`, `artifacts` and `routes`."""
    return ExecutionPorts(
        clock=run.clock,
        journal=run.journal(worker),
        artifacts=artifacts if artifacts is not None else MemoryArtifacts(),
        routes=routes if routes is not None else MemoryRoutes(),
        live=live if live is not None else Unwatched(),
        extra=dict(extra or {}),
    )
