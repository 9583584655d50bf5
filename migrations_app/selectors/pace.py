"""How many records all running steps move in a second, over the last minute."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from migrations_app.engine.event_levels import EventLevel
from migrations_app.engine.events import EventType
from migrations_app.engine.vocabulary import RunState
from migrations_app.models import Run, RunEvent

WINDOW = timedelta(seconds=60)
MOST_LOOKED_AT = 500  # newest checkpoints a run; a quicker one is judged by a shorter time
Point = tuple[datetime, str, int, int]


def records_a_second(*, now: datetime) -> float:
    """0 while nothing moves. Of each run only its newest checkpoints are read, however long it goes on."""
    running = Run.objects.filter(state__in=(RunState.RUNNING, RunState.ROLLING_BACK, RunState.PARKED))
    return sum(pace_of(_newest(run_id, now), now) for run_id in running.values_list("pk", flat=True))


def pace_of(points: Sequence[Point], now: datetime) -> float:
    """`points`: (at, step, partition, done in all by then), oldest first; the first of each partition only sets the
    mark. A total that falls is a fresh beginning, as in `selectors/throughput.py`.
    """
    if len(points) < 2:
        return 0.0
    reached: dict[tuple[str, int], int] = {}
    moved = 0
    for _, step, partition, done in points:
        before = reached.get((step, partition), done)
        moved += done - before if done >= before else done
        reached[step, partition] = done
    return moved / max((now - points[0][0]).total_seconds(), 1.0)


def _newest(run_id: int, now: datetime) -> list[Point]:
    rows = RunEvent.objects.filter(
        run_id=run_id, level=EventLevel.DETAIL, type=EventType.CHECKPOINT_SAVED, at__gte=now - WINDOW
    ).order_by("-seq")
    newest: Iterable[tuple[datetime, str, int, dict[str, int]]] = rows.values_list(
        "at", "step", "partition", "payload"
    )[:MOST_LOOKED_AT]
    return [(at, step, partition, int(payload.get("done", 0))) for at, step, partition, payload in newest][::-1]
