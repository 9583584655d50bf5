"""Step 5: copy every session in batches, each with a checkpoint; partitions of the id space run side by side."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from functools import partial
from typing import Any

from migrations_app.engine.crash_points import reach
from migrations_app.engine.handler import Action, ActionContext
from migrations_app.handlers.session.paging import pages, pages_ahead
from migrations_app.handlers.session.parameters import SOURCE, TARGET
from migrations_app.handlers.session.partitions import close_partitions
from migrations_app.handlers.session.rehearsing import read_back
from migrations_app.handlers.session.sides import reader, reading, writing
from migrations_app.handlers.session.unreadable import refuse_unreadable
from migrations_app.stores.sessions.base import Applied, Page, Partition, SessionStore
from migrations_app.stores.sessions.records import Version

COPY_SEQ = 1  # catch-up passes count on from here, so that a late copy never replaces what they brought
COUNTERS = ("sessions", "written", "refused", "unreadable")


class Transfer(Action):
    """Result of a partition, added up over all: sessions read, written, refused (newer there, or expired), unreadable.

    The next page is read while the current one is applied. The checkpoint is saved after the page took effect.
    A rehearsal reads each page back and holds it against what was to be written.
    """

    not_proven = ""

    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        return self._copy(ctx, lambda _target, _page, _applied: None)

    def rehearse(self, ctx: ActionContext) -> Mapping[str, Any]:
        return self._copy(ctx, partial(read_back, ctx))

    def _copy(self, ctx: ActionContext, look: Callable[[SessionStore, Page, Applied], None]) -> Mapping[str, Any]:
        part = Partition(ctx.partition, ctx.partitions)
        counts = {name: ctx.checkpoint.get(name, 0) for name in COUNTERS}
        if ctx.checkpoint.get("last"):
            return counts
        version = Version(ctx.run_id, COPY_SEQ)
        scan = pages_ahead(
            reader(ctx.targets[SOURCE]), ctx.checkpoint.get("cursor", ""), ctx.options["batch_size"], part
        )
        with writing(ctx, TARGET) as target, closing(scan) as stream:
            for page in stream:
                refuse_unreadable(ctx, page)
                applied = target.apply(page.records, ctx.worker, version=version)
                reach("session.transfer.applied")
                look(target, page, applied)
                counts["sessions"] += len(page.records)
                counts["written"] += applied.written
                counts["refused"] += applied.refused
                counts["unreadable"] += len(page.unreadable)
                ctx.progress.save(
                    {"cursor": page.cursor, "last": page.last, **counts},
                    done=counts["sessions"],
                    total=self._expected(ctx),
                    unit="sessions",
                    counters=counts,
                )
        return counts

    def preview(self, ctx: ActionContext) -> Mapping[str, Any]:
        with reading(ctx.targets[SOURCE]) as source:
            sessions = source.count()
        batch = ctx.options["batch_size"]
        return {"sessions": sessions, "batches": -(-sessions // batch), "partitions": ctx.options["parallel_workers"]}

    def undo(self, ctx: ActionContext) -> None:
        """Take the sessions off the target: the copies of this run, and whatever the source holds as well.

        The source has the authority again when this runs. What only the target holds and this run did not copy
        was put there by somebody else; it stays and is reported.
        """
        removed, left = ctx.checkpoint.get("removed", 0), 0
        with ExitStack() as stack:
            if not stack.enter_context(reading(ctx.targets[TARGET])).probe(counted=False).exists:
                return
            target = stack.enter_context(writing(ctx, TARGET))
            source = stack.enter_context(reading(ctx.targets[SOURCE]))
            close_partitions(ctx.effect_run_id, ctx.options["parallel_workers"], target)
            for page in pages(target, "", ctx.options["batch_size"]):
                held = source.read([record.id for record in page.records]) if page.records else []
                ours = [
                    copy.id
                    for copy, record in zip(page.records, held, strict=True)
                    if record is not None or copy.version.epoch == ctx.effect_run_id
                ]
                removed += target.delete(ours, ctx.worker) if ours else 0
                left += len(page.records) - len(ours)
                reach("session.transfer.undo.batch")
                # What is gone is gone: the next driver needs no position, only the count of this one.
                ctx.progress.save({"removed": removed}, done=removed, unit="sessions")
        if left:
            ctx.log.warning(
                f"{left} session(s) on “{ctx.targets[TARGET].name}” are not from this run; they stay there."
            )
        ctx.log.info(f"{removed} copied session(s) were removed from “{ctx.targets[TARGET].name}”.")

    def manual_undo(self, ctx: ActionContext) -> tuple[str, ...]:
        return (
            f"Check that “{ctx.targets[SOURCE].name}” serves the sessions (route “plain_a”), then delete the copied "
            f"sessions on “{ctx.targets[TARGET].name}”: those whose version epoch is {ctx.effect_run_id}.",
        )

    def _expected(self, ctx: ActionContext) -> int | None:
        sessions: int | None = ctx.results.get("prepare", {}).get("sessions")
        return sessions // ctx.partitions if sessions is not None else None
