"""The write pause: while it lasts, the clients of a route hold their writes, and both stores can be made equal.

A pause ends at its deadline by itself: from then on clients write to the authority again (`routing/admission.py`), so
a pause may be used for a switch only while `has_time` says so. Whatever goes wrong in a pause releases the writes
before it is reported; only an orderly hand-over to the next slice or driver keeps them waiting.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from migrations_app.engine.crash_points import Crash
from migrations_app.engine.errors import IllegalTransition, LeaseLost, StepFailed
from migrations_app.engine.handler import ActionContext
from migrations_app.engine.interruptions import SliceOver, Superseded
from migrations_app.engine.ports import RouteRecord
from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.handlers.session import route
from migrations_app.handlers.session.parameters import SOURCE, TARGET

MARGIN = timedelta(seconds=2)  # clocks of clients and workers may differ by less than this
ACKNOWLEDGED_WITHIN_SECONDS = 15.0  # above the ten seconds after which a silent client's lease has run out
POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Direction:
    """Where sessions go: `origin` is the role whose store has the authority until the switch."""

    origin: str
    replica: str
    paused: RoutePhase
    stays: tuple[RoutePhase, str]
    goes: tuple[RoutePhase, str]


FORWARD = Direction(
    SOURCE, TARGET, RoutePhase.HANDOFF, (RoutePhase.PLAIN_A, route.SIDE_A), (RoutePhase.SINGLE_B, route.SIDE_B)
)
BACK = Direction(
    TARGET, SOURCE, RoutePhase.HANDOFF_BACK, (RoutePhase.SINGLE_B, route.SIDE_B), (RoutePhase.PLAIN_A, route.SIDE_A)
)


@dataclass(frozen=True, slots=True)
class Pause:
    """One publication of the pause. `waited_before_ms` is what earlier, given-up pauses of this run cost."""

    epoch: int
    since: datetime
    deadline: datetime
    waited_before_ms: int = 0

    def as_dict(self) -> dict[str, Any]:
        return {
            "epoch": self.epoch,
            "since": self.since.isoformat(),
            "deadline": self.deadline.isoformat(),
            "waited_before_ms": self.waited_before_ms,
        }

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> "Pause":
        return cls(
            saved["epoch"],
            datetime.fromisoformat(saved["since"]),
            datetime.fromisoformat(saved["deadline"]),
            saved["waited_before_ms"],
        )

    def has_time(self, now: datetime) -> bool:
        return now < self.deadline - MARGIN

    def waited_ms(self, now: datetime) -> int:
        """Milliseconds for which writes have waited, all pauses together; after the deadline they wait no more."""
        return self.waited_before_ms + max(0, round((min(now, self.deadline) - self.since).total_seconds() * 1000))


def require(ctx: ActionContext, direction: Direction) -> RouteRecord:
    """The route as it is, when sessions may still go in this direction. Raises IllegalTransition otherwise."""
    record = route.current(ctx)
    if record.authority != direction.stays[1] or record.phase not in (direction.stays[0], direction.paused):
        raise IllegalTransition(
            f"The route “{record.name}” is at {record.phase} with authority {record.authority}; sessions cannot be "
            f"levelled towards “{ctx.targets[direction.replica].name}” from there. Nothing was changed.",
            details={"route": record.name, "epoch": record.epoch, "phase": str(record.phase)},
        )
    return record


def holds(ctx: ActionContext, direction: Direction, pause: Pause | None) -> bool:
    """Whether exactly this pause is still the published truth, with time left."""
    record = route.current(ctx)
    return (
        pause is not None
        and record.epoch == pause.epoch
        and record.phase == direction.paused
        and pause.has_time(ctx.clock.now())
    )


def begin(
    ctx: ActionContext, direction: Direction, earlier: Pause | None, save: Callable[[Mapping[str, Any]], None]
) -> Pause:
    """Publish the pause and wait until the clients follow it. `save` writes the checkpoint before the publication.

    The checkpoint fences: a replaced driver fails in it, and its successor moves the epoch that it goes by.
    """
    record = require(ctx, direction)
    save({"base_epoch": record.epoch})
    now = ctx.clock.now()
    limit = timedelta(milliseconds=ctx.parameters["write_pause_limit_ms"])
    published = route.move(ctx, record.epoch, direction.paused, direction.stays[1], deadline=now + limit)
    _wait_for_clients(ctx, published)
    return Pause(
        published.epoch, now, published.handoff_deadline or now + limit, earlier.waited_ms(now) if earlier else 0
    )


def release(ctx: ActionContext, direction: Direction) -> None:
    """Let writes go on at the authority, when they are waiting; an epoch above every other says so."""
    record = route.current(ctx)
    if record.phase == direction.paused:
        route.move(ctx, record.epoch, *direction.stays)


@contextmanager
def released_on_failure(ctx: ActionContext, direction: Direction) -> Iterator[None]:
    """Whatever ends the block early lets writes go on first, save a hand-over to whoever drives next."""
    try:
        yield
    except (LeaseLost, Superseded, SliceOver, Crash):
        raise
    except BaseException:
        release(ctx, direction)
        raise


def _wait_for_clients(ctx: ActionContext, record: RouteRecord) -> None:
    """Wait `settle_ms`, or longer while the runtime knows of a live client that has not acknowledged the epoch.

    The runtime may offer `extra["unacknowledged"]`: (route name, epoch) -> ids of live clients that still go by an
    older record. Raises StepFailed when one of them stays behind.
    """
    unacknowledged: Callable[[str, int], list[str]] = ctx.extra.get("unacknowledged", lambda _name, _epoch: [])
    started = ctx.clock.monotonic()
    time.sleep(ctx.parameters["settle_ms"] / 1000)
    while behind := unacknowledged(record.name, record.epoch):
        ctx.progress.alive()
        if ctx.clock.monotonic() - started > ACKNOWLEDGED_WITHIN_SECONDS:
            release(ctx, FORWARD if record.phase == FORWARD.paused else BACK)
            raise StepFailed(
                f"{len(behind)} client(s) of the route “{record.name}” did not stop writing ({', '.join(behind[:5])}); "
                "writes go on as before. Restart those clients or remove their lease, then try again.",
                details={"route": record.name, "epoch": record.epoch, "clients": behind[:50]},
            )
        time.sleep(POLL_SECONDS)
