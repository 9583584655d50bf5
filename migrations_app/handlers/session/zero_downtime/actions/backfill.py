"""Copy what nobody has written since the journal began: every session that is there, page by page, in partitions.

It may run beside everything else: the target adopts a record only where it knows nothing newer.
"""

import time
from collections.abc import Mapping
from typing import Any

from migrations_app.engine.crash_points import reach
from migrations_app.engine.handler import Action, ActionContext
from migrations_app.engine.throttle import Throttle
from migrations_app.handlers.session import route
from migrations_app.handlers.session.parameters import SOURCE
from migrations_app.handlers.session.sides import reading
from migrations_app.handlers.session.unreadable import refuse_unreadable
from migrations_app.handlers.session.zero_downtime.pair import opened
from migrations_app.handlers.session.zero_downtime.relay import adopt
from migrations_app.stores.sessions.base import Partition

COUNTERS = ("sessions", "written", "refused", "unreadable")
CHUNK = 1000


class Backfill(Action):
    """Result of a partition, added up over all: sessions seen, written, refused (newer or expired), unreadable."""

    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        part = Partition(ctx.partition, ctx.partitions)
        counts = {name: ctx.checkpoint.get(name, 0) for name in COUNTERS}
        cursor, last = ctx.checkpoint.get("cursor", ""), bool(ctx.checkpoint.get("last"))
        throttle = Throttle(most_lag_ms=4.0 * ctx.parameters["pause_target_ms"])
        size = min(ctx.options["batch_size"], CHUNK)
        with opened(ctx.targets, ctx.worker) as pair:
            skew = pair.skew_ms()
            while not last:
                began = time.monotonic()
                page = pair.a.sessions.scan(cursor, size, part)
                refuse_unreadable(ctx, page)
                held = pair.a.fetch([record.id for record in page.records])
                read = time.monotonic()
                reach("session.backfill.read")
                adopted = adopt(pair.b, held, ctx.worker, skew)
                reach("session.backfill.applied")
                applied = time.monotonic()
                counts["sessions"] += len(page.records)
                counts["written"] += adopted.written
                counts["refused"] += adopted.refused + adopted.raised
                counts["unreadable"] += len(page.unreadable)
                cursor, last = page.cursor, page.last
                self._save(ctx, cursor, last, counts, throttle)
                self._wait(ctx, throttle, len(held), read - began, applied - read)
        return counts

    def preview(self, ctx: ActionContext) -> Mapping[str, Any]:
        with reading(ctx.targets[SOURCE]) as source:
            sessions = source.count()
        return {"sessions": sessions, "partitions": ctx.options["parallel_workers"]}

    def manual_undo(self, ctx: ActionContext) -> tuple[str, ...]:
        return ("Nothing to undo: the copies go with what was prepared on the target.",)

    def _save(self, ctx: ActionContext, cursor: str, last: bool, counts: Mapping[str, int], throttle: Throttle) -> None:
        sessions: int | None = ctx.results.get("prepare", {}).get("sessions")
        ctx.progress.save(
            {"cursor": cursor, "last": last, **counts},
            done=counts["sessions"],
            total=sessions // ctx.partitions if sessions is not None else None,
            unit="sessions",
            counters={**counts, "rate": round(throttle.rate)},
        )

    def _wait(
        self, ctx: ActionContext, throttle: Throttle, records: int, source_seconds: float, target_seconds: float
    ) -> None:
        lag = ctx.live.shown(route.name_of(ctx)).get("relay", {}).get("lag_p99_ms", 0)
        pause = throttle.after(
            records,
            source_seconds=source_seconds,
            target_seconds=target_seconds,
            lag_ms=lag,
            most_a_second=ctx.live.most_a_second() // ctx.partitions,
        )
        if pause:
            time.sleep(min(pause, 5.0))
