"""Progress and log of an action, written to the journal; where slices, signals and time limits take effect."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from migrations_app.engine.crash_points import reach
from migrations_app.engine.events import EventType, NewEvent
from migrations_app.engine.following import following
from migrations_app.engine.handler import Progress
from migrations_app.engine.interruptions import SliceOver, Superseded
from migrations_app.engine.redaction import LONGEST_MESSAGE, json_ready
from migrations_app.engine.run_view import Direction
from migrations_app.engine.vocabulary import RunState

if TYPE_CHECKING:
    from migrations_app.engine.driver import Driver

_GOES_FORWARD = (None, RunState.RUNNING, RunState.PARKED, RunState.PAUSED)


class JournalProgress(Progress):
    """`leased` marks what a partition's driver writes; its run is driven by somebody else."""

    def __init__(self, driver: "Driver", step_id: str, partition: int, *, leased: bool) -> None:
        self._driver = driver
        self._step_id = step_id
        self._partition = partition
        self._leased = leased

    def save(
        self,
        checkpoint: Mapping[str, Any],
        *,
        done: int,
        total: int | None = None,
        unit: str = "",
        counters: Mapping[str, int] | None = None,
    ) -> None:
        payload: dict[str, Any] = {
            "checkpoint": json_ready(checkpoint, what="The checkpoint"),
            "done": done,
            "unit": unit,
            "counters": dict(counters or {}),
        }
        if total is not None:
            payload["total"] = total
        over = self._driver.heartbeat()
        if over:
            payload["slice_over"] = True
        reach("progress.effect_done")
        self._append(EventType.CHECKPOINT_SAVED, payload)
        following().batch(done=done, unit=unit)
        reach("progress.saved")
        if self._leased and self._driver.state not in _GOES_FORWARD:
            raise Superseded(f"the run is {self._driver.state}")
        self._driver.obey()
        if over:
            raise SliceOver
        self._driver.check_time()

    def alive(self) -> None:
        self._driver.alive()

    def _append(self, event: EventType, payload: dict[str, Any]) -> None:
        if self._leased:
            payload["leased"] = True
            self._driver.append_blind(NewEvent(event, self._step_id, self._partition, payload=payload))
            return
        if self._driver.view.direction is Direction.UNDO:
            payload["undo"] = True
        self._driver.append(NewEvent(event, self._step_id, payload=payload))


class JournalLog:
    """The run's log, for people; warnings also end up in the result."""

    def __init__(self, driver: "Driver", step_id: str, partition: int, *, leased: bool) -> None:
        self._driver = driver
        self._step_id = step_id
        self._partition = partition
        self._leased = leased

    def info(self, message: str) -> None:
        self._write("info", message)

    def warning(self, message: str) -> None:
        self._write("warning", message)

    def _write(self, level: str, message: str) -> None:
        payload = {"level": level, "message": message[:LONGEST_MESSAGE]}
        event = NewEvent(EventType.LOGGED, self._step_id, self._partition, payload=payload)
        if self._leased:
            self._driver.append_blind(event)
        else:
            self._driver.append(event)
