"""Route records on the control database: each publish is a compare-and-set on the epoch (DESIGN section 7)."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Greatest

from migrations_app.engine.errors import IllegalTransition
from migrations_app.engine.guards import guard_is_on
from migrations_app.engine.ports import BucketRange, Clock, RouteRecord, WorkerToken
from migrations_app.models import Route
from migrations_app.runtime import leases
from migrations_app.runtime.clock import database_now


class OrmRoutes:
    """The routes of one environment. A name belongs to one environment; another's route is not touched.

    With a `worker` every write also checks its lease, in the same transaction: a replaced driver publishes nothing.
    """

    def __init__(self, *, environment_id: int, clock: Clock, worker: WorkerToken | None = None) -> None:
        self._environment_id = environment_id
        self._clock = clock
        self._worker = worker

    def get(self, name: str) -> RouteRecord | None:
        row = Route.objects.filter(environment_id=self._environment_id, name=name).first()
        return None if row is None else row.record

    def publish(self, record: RouteRecord, *, expected_epoch: int | None) -> RouteRecord:
        """Raises IllegalTransition when the route is not at `expected_epoch`, or the epoch would not grow."""
        if expected_epoch is not None and record.epoch <= expected_epoch:
            raise IllegalTransition(f"Route {record.name}: epoch {record.epoch} does not follow {expected_epoch}.")
        values = {
            "epoch": record.epoch,
            "phase": record.phase,
            "authority": record.authority,
            "stores": dict(record.stores),
            "buckets": [_as_row(part) for part in record.buckets],
            "fenced": record.fenced,
            "handoff_deadline": record.handoff_deadline,
            "changed_at": self._clock.now(),
        }
        if expected_epoch is None:
            self._create(record.name, values)
            return record
        with self._fenced_write():
            moved = self._at(record.name, expected_epoch).update(
                **values, reserved_epoch=Greatest("reserved_epoch", record.epoch)
            )
        if moved != 1:
            raise _moved(record.name, self.get(record.name))
        return record

    def reserve(self, name: str, *, expected_epoch: int, count: int) -> int:
        with self._fenced_write():
            highest = Greatest("reserved_epoch", "epoch")
            if self._at(name, expected_epoch).update(reserved_epoch=highest + count) != 1:
                raise _moved(name, self.get(name))
            return self.reserved(name)

    def reserved(self, name: str) -> int:
        rows = Route.objects.filter(environment_id=self._environment_id, name=name)
        found = rows.annotate(highest=Greatest("reserved_epoch", F("epoch"))).values_list("highest", flat=True).first()
        return int(found or 0)

    def now(self) -> datetime:
        return database_now()

    def _at(self, name: str, epoch: int) -> Any:
        rows = Route.objects.filter(environment_id=self._environment_id, name=name)
        return rows.filter(epoch=epoch) if guard_is_on("publish_cas") else rows

    @contextmanager
    def _fenced_write(self) -> Iterator[None]:
        with transaction.atomic():
            if self._worker is not None and guard_is_on("publish_cas"):
                leases.require_held(self._worker)
            yield

    def _create(self, name: str, values: dict[str, object]) -> None:
        try:
            with self._fenced_write():
                Route.objects.create(environment_id=self._environment_id, name=name, **values)
        except IntegrityError:
            raise _moved(name, self.get(name)) from None


def _as_row(part: BucketRange) -> list[Any]:
    return [part.first, part.last, str(part.phase), part.epoch, part.authority]


def _moved(name: str, found: RouteRecord | None) -> IllegalTransition:
    there = f"is at epoch {found.epoch}, {found.phase}" if found else "belongs to another environment or is gone"
    details: Mapping[str, Any] = {"route": name, "epoch": found.epoch if found else None}
    return IllegalTransition(
        f"Route {name} {there}; nothing was published.",
        details=dict(details),
        recovery_actions=("Look at the route's record and try again.",),
    )
