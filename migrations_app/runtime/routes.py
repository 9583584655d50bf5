"""Route records on the control database: each publish is a compare-and-set on the epoch (DESIGN section 7)."""

from django.db import IntegrityError, transaction

from migrations_app.engine.errors import IllegalTransition
from migrations_app.engine.ports import Clock, RouteRecord
from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.models import Route


class OrmRoutes:
    """The routes of one environment. A name belongs to one environment; another's route is not touched."""

    def __init__(self, *, environment_id: int, clock: Clock) -> None:
        self._environment_id = environment_id
        self._clock = clock

    def get(self, name: str) -> RouteRecord | None:
        row = Route.objects.filter(environment_id=self._environment_id, name=name).first()
        return None if row is None else to_record(row)

    def publish(self, record: RouteRecord, *, expected_epoch: int | None) -> RouteRecord:
        """Raises IllegalTransition when the route is not at `expected_epoch`, or the epoch would not grow."""
        if expected_epoch is not None and record.epoch <= expected_epoch:
            raise IllegalTransition(f"Route {record.name}: epoch {record.epoch} does not follow {expected_epoch}.")
        values = {
            "epoch": record.epoch,
            "phase": record.phase,
            "authority": record.authority,
            "stores": dict(record.stores),
            "handoff_deadline": record.handoff_deadline,
            "changed_at": self._clock.now(),
        }
        if expected_epoch is None:
            self._create(record.name, values)
            return record
        moved = Route.objects.filter(
            environment_id=self._environment_id, name=record.name, epoch=expected_epoch
        ).update(**values)
        if moved != 1:
            raise _moved(record.name, self.get(record.name))
        return record

    def _create(self, name: str, values: dict[str, object]) -> None:
        try:
            with transaction.atomic():
                Route.objects.create(environment_id=self._environment_id, name=name, **values)
        except IntegrityError:
            raise _moved(name, self.get(name)) from None


def to_record(row: Route) -> RouteRecord:
    return RouteRecord(row.name, row.epoch, RoutePhase(row.phase), row.authority, row.stores, row.handoff_deadline)


def _moved(name: str, found: RouteRecord | None) -> IllegalTransition:
    there = f"is at epoch {found.epoch}, {found.phase}" if found else "belongs to another environment or is gone"
    return IllegalTransition(
        f"Route {name} {there}; nothing was published.",
        details={"route": name, "epoch": found.epoch if found else None},
        recovery_actions=("Look at the route's record and try again.",),
    )
