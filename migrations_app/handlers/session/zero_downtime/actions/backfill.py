"""Copy what nobody has written since the journal began: every session that is there, page by page, in partitions.

It may run beside everything else: the target adopts a record only where it knows nothing newer.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from migrations_app.engine.crash_points import reach
from migrations_app.engine.errors import DependencyUnavailable, InsufficientResources, MigrationError
from migrations_app.engine.handler import Action, ActionContext
from migrations_app.engine.throttle import Throttle
from migrations_app.handlers.session import route
from migrations_app.handlers.session.actions.transfer import Transfer
from migrations_app.handlers.session.parameters import SOURCE
from migrations_app.handlers.session.sides import reading
from migrations_app.handlers.session.unreadable import refuse_unreadable
from migrations_app.handlers.session.zero_downtime.pair import opened
from migrations_app.handlers.session.zero_downtime.relay import adopt
from migrations_app.stores.routed.base import Adopted
from migrations_app.stores.sessions.base import Page, Partition

COUNTERS = ("sessions", "written", "refused", "unreadable")
CHUNK = 1000
AGAIN_SECONDS = 1.0


@dataclass(slots=True)
class _Copied:
    """How far the copy has come. `told`: the log has heard that a store is away."""

    cursor: str = ""
    last: bool = False
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTERS, 0))
    told: bool = False

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> "_Copied":
        counts = {name: saved.get(name, 0) for name in COUNTERS}
        return cls(saved.get("cursor", ""), bool(saved.get("last")), counts)

    def saw(self, page: Page, adopted: Adopted) -> None:
        self.cursor, self.last, self.told = page.cursor, page.last, False
        self.counts["sessions"] += len(page.records)
        self.counts["written"] += adopted.written
        self.counts["refused"] += adopted.refused + adopted.raised
        self.counts["unreadable"] += len(page.unreadable)


class Backfill(Action):
    """Result of a partition, added up over all: sessions seen, written, refused (newer or expired), unreadable."""

    not_proven = "That the copy keeps out of the way of marked writes: in a rehearsal nothing is marked."

    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        copied = _Copied.from_dict(ctx.checkpoint)
        throttle = Throttle(most_lag_ms=4.0 * ctx.parameters["pause_target_ms"])
        while not copied.last:
            try:
                self._copy(ctx, copied, throttle)
            except (DependencyUnavailable, InsufficientResources) as error:
                self._rest(ctx, copied, throttle, error)
        return copied.counts

    def rehearse(self, ctx: ActionContext) -> Mapping[str, Any]:
        """Without a route there is nothing newer to keep out of the way of: the plain copy, read back."""
        return Transfer().rehearse(ctx)

    def _copy(self, ctx: ActionContext, copied: "_Copied", throttle: Throttle) -> None:
        """Page by page, from where it stands to the end."""
        part, most = Partition(ctx.partition, ctx.partitions), min(ctx.options["batch_size"], CHUNK)
        with opened(ctx.targets, ctx.worker) as pair:
            skew = pair.skew_ms()
            while not copied.last:
                began = time.monotonic()
                page = pair.a.sessions.scan(copied.cursor, throttle.size(most), part)
                refuse_unreadable(ctx, page)
                held = pair.a.fetch([record.id for record in page.records])
                read = time.monotonic()
                reach("session.backfill.read")
                adopted = adopt(pair.b, held, pair.worker, skew)
                reach("session.backfill.applied")
                applied = time.monotonic()
                copied.saw(page, adopted)
                self._save(ctx, copied, throttle)
                self._wait(ctx, copied, throttle, len(held), read - began, applied - read)

    def _rest(self, ctx: ActionContext, copied: "_Copied", throttle: Throttle, error: MigrationError) -> None:
        """A store is away or full: look again in a moment, for as long as it takes. A person may stop it meanwhile."""
        if not copied.told:
            ctx.log.warning(f"{error.message} The copy waits and goes on by itself.")
            copied.told = True
        time.sleep(AGAIN_SECONDS)
        self._save(ctx, copied, throttle)

    def preview(self, ctx: ActionContext) -> Mapping[str, Any]:
        with reading(ctx.targets[SOURCE]) as source:
            sessions = source.count()
        return {"sessions": sessions, "partitions": ctx.options["parallel_workers"]}

    def manual_undo(self, ctx: ActionContext) -> tuple[str, ...]:
        return ("Nothing to undo: the copies go with what was prepared on the target.",)

    def _save(self, ctx: ActionContext, copied: "_Copied", throttle: Throttle) -> None:
        sessions: int | None = ctx.results.get("prepare", {}).get("sessions")
        ctx.progress.save(
            {"cursor": copied.cursor, "last": copied.last, **copied.counts},
            done=copied.counts["sessions"],
            total=sessions // ctx.partitions if sessions is not None else None,
            unit="sessions",
            counters={**copied.counts, "rate": round(throttle.rate)},
        )

    def _wait(
        self,
        ctx: ActionContext,
        copied: "_Copied",
        throttle: Throttle,
        records: int,
        source_seconds: float,
        target_seconds: float,
    ) -> None:
        """Once a second it hears people: who pauses the run, or changes the limit, is not made to wait for this."""
        most = ctx.live.most_a_second()
        lag = ctx.live.shown(route.name_of(ctx)).get("relay", {}).get("lag_p99_ms", 0)
        pause = throttle.after(
            records,
            source_seconds=source_seconds,
            target_seconds=target_seconds,
            lag_ms=lag,
            most_a_second=_share(most, ctx.partitions),
        )
        ends = time.monotonic() + pause
        while (rest := ends - time.monotonic()) > 0 and ctx.live.most_a_second() == most:
            time.sleep(min(rest, AGAIN_SECONDS))
            if rest > AGAIN_SECONDS:
                self._save(ctx, copied, throttle)
            ctx.progress.alive()


def _share(most_a_second: int, partitions: int) -> int:
    """Of a person's limit; 0: there is none."""
    return max(1, most_a_second // partitions) if most_a_second else 0
