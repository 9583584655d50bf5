"""Whether anybody attends to the schedules: without Celery's beat, or without a worker, nothing starts by itself."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min

from migrations_app.engine.vocabulary import ScheduleState
from migrations_app.models import Attendance, Schedule

PATIENCE = timedelta(seconds=60)  # six times as long as beat waits between two looks


@dataclass(frozen=True, slots=True)
class Attention:
    """`waiting` schedules; `seconds` for which nobody has looked at them (0 without any)."""

    waiting: int
    seconds: float
    last_at: datetime | None

    @property
    def is_missing(self) -> bool:
        return self.seconds > PATIENCE.total_seconds()


def attention(*, now: datetime) -> Attention:
    """Counted from when the oldest of them was made, where nobody has looked since."""
    found = Schedule.objects.filter(state=ScheduleState.WAITING).aggregate(waiting=Count("pk"), since=Min("created_at"))
    if not found["waiting"]:
        return Attention(0, 0.0, None)
    last_at = Attendance.objects.values_list("at", flat=True).first()
    since = max(found["since"], last_at) if last_at else found["since"]
    return Attention(found["waiting"], max(0.0, (now - since).total_seconds()), last_at)
