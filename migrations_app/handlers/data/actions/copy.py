"""Copy rows in chunks, each with its mark in one transaction of the target; ranges of keys go side by side."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from migrations_app.engine.crash_points import reach
from migrations_app.engine.handler import Action, ActionContext
from migrations_app.engine.throttle import MOST_RATE, Throttle
from migrations_app.handlers.data import rejected
from migrations_app.handlers.data.kept import Kept, Share, load, planned_tables, shares, table_scope
from migrations_app.handlers.data.live.ends import ended
from migrations_app.handlers.data.live.parameters import OFF
from migrations_app.handlers.data.parameters import SOURCE, TARGET
from migrations_app.handlers.data.sides import close_partitions, reading, writing
from migrations_app.handlers.data.steps import ROWS_A_SECOND
from migrations_app.stores.tables.base import Copied, Database, Mark, Rejected
from migrations_app.stores.tables.moving import copy_range

AGAIN_SECONDS = 1.0
TOLD = 20  # refused rows that a driver names in the log; all of them are kept, and counted


class Copy(Action):
    """Result of a partition, added up over all: rows, bytes, rejected; tables: {target: {rows, rejected}}."""

    not_proven = ""

    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        kept = load(ctx)
        selections = kept.of(planned_tables(ctx))
        work = _Work(ctx, kept, sum(kept.rows[each.target] for each in selections) // ctx.partitions)
        with reading(ctx.targets[SOURCE]) as source, writing(ctx, TARGET) as target:
            for share in shares(ctx, kept, selections):
                if (bounded := ended(ctx, share)) is not None:
                    work.copy(source, target, bounded)
        return work.result()

    def rehearse(self, ctx: ActionContext) -> Mapping[str, Any]:
        """Into the run's own namespace, the first rows of each table."""
        return self.do(ctx)

    def merge(self, results: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
        tables: dict[str, dict[str, int]] = {}
        for result in results:
            for name, counts in result["tables"].items():
                before = tables.setdefault(name, {"rows": 0, "rejected": 0})
                tables[name] = {key: before[key] + counts[key] for key in before}
        sums = {key: sum(result[key] for result in results) for key in ("rows", "bytes", "rejected")}
        return {**sums, "tables": tables}

    def preview(self, ctx: ActionContext) -> Mapping[str, Any]:
        planned = ctx.results.get("prepare", {}).get("tables", {})
        rows = {name: planned.get(name, {}).get("rows", 0) for name in ctx.step.parameters["tables"]}
        workers = ctx.options["parallel_workers"] if ctx.step.partitioned else 1
        seconds = 1 + sum(rows.values()) // ROWS_A_SECOND
        return {"rows": sum(rows.values()), "tables": rows, "seconds": seconds, "partitions": workers}

    def undo(self, ctx: ActionContext) -> None:
        """The tables were empty when this began, so whatever is in them goes."""
        tables = planned_tables(ctx)
        with writing(ctx, TARGET) as target:
            close_partitions(ctx, target)
            present = tuple(target.catalogue(tables).tables)
            target.empty(present, ctx.worker)
            reach("data.copy.emptied")
            for table in tables:
                target.forget(table_scope(ctx.effect_run_id, ctx.step.id, table), ctx.worker)
        ctx.log.info(f"The copied rows were removed from {', '.join(present) or 'no table'}.")

    def manual_undo(self, ctx: ActionContext) -> tuple[str, ...]:
        tables = ", ".join(ctx.step.parameters["tables"])
        return (f"On “{ctx.targets[TARGET].name}”, remove every row of {tables}.",)


class _Work:
    """What a partition has copied, by the scope of each range, and how fast it may go on."""

    def __init__(self, ctx: ActionContext, kept: Kept, expected: int) -> None:
        self._ctx = ctx
        self._kept = kept
        self._quarantine = rejected.Quarantine(ctx)
        self._aside = 0
        self._expected = expected
        saved = ctx.checkpoint.get("ranges", {})
        self._ranges: dict[str, dict[str, Any]] = {scope: dict(state) for scope, state in saved.items()}
        self._throttle = Throttle(most_lag_ms=0.0, rate=MOST_RATE)
        self._began = time.monotonic()

    def copy(self, source: Database, target: Database, share: Share) -> None:
        ctx, name = self._ctx, self._kept.called(share.selection.target)
        scope = table_scope(ctx.run_id, ctx.step.id, share.selection.target, share.number)
        state = self._ranges.setdefault(scope, {"table": name, "rows": 0, "bytes": 0, "rejected": 0})
        if state.get("finished"):
            return

        size, refused = state["bytes"], state["rejected"]

        def after_chunk(mark: Mark, copied: Copied) -> None:
            """`copied`: by this call."""
            reach("data.copy.chunk")
            new = mark.rows - state["rows"]
            self._note(state, mark)
            state["bytes"], state["rejected"] = size + copied.bytes, refused + copied.rejected
            self._save()
            self._rest(new)

        self._began = time.monotonic()
        copy_range(
            source,
            target,
            share.selection,
            share.within,
            scope=scope,
            worker=ctx.worker,
            rows=ctx.parameters["chunk_rows"],
            bytes=ctx.parameters["chunk_bytes"],
            after_chunk=after_chunk,
            quarantine=partial(self._put_aside, name),
        )
        # A driver may have died between a chunk and its checkpoint; the mark in the target knows better.
        self._note(state, target.marks(scope)[scope])

    def _note(self, state: dict[str, Any], mark: Mark) -> None:
        state |= {"rows": mark.rows, "finished": mark.finished}

    def result(self) -> dict[str, Any]:
        tables: dict[str, dict[str, int]] = {}
        for each in self._ranges.values():
            counts = tables.setdefault(each["table"], {"rows": 0, "rejected": 0})
            for key in counts:
                counts[key] += each[key]
        sums = {key: sum(each[key] for each in self._ranges.values()) for key in ("rows", "bytes", "rejected")}
        return {**sums, "tables": tables}

    def _put_aside(self, table: str, row: Rejected) -> None:
        if self._ctx.parameters["live"] != OFF and not self._ctx.originals:
            # It may be in the way of a row that has changed since. The comparison of everything looks again.
            self._ctx.log.info(f"Row {rejected.shown(row.key)} of {table} was left for later: {row.reason}")
            return
        self._quarantine.put_aside(replace(row, table=table))
        self._aside += 1
        if self._aside <= TOLD:
            self._ctx.log.warning(f"Row {rejected.shown(row.key)} of {table} was put aside: {row.reason}")

    def _save(self) -> None:
        result = self.result()
        self._ctx.progress.save(
            {"ranges": self._ranges},
            done=result["rows"],
            total=max(self._expected, result["rows"]),
            unit="rows",
            counters={key: result[key] for key in ("rows", "bytes", "rejected")},
        )

    def _rest(self, rows: int) -> None:
        """Slower when the databases get slow, or when a person says so; who pauses the run is heard meanwhile."""
        most = self._ctx.live.most_a_second()
        share = max(1, most // self._ctx.partitions) if most else 0
        took = time.monotonic() - self._began
        ends = time.monotonic() + self._throttle.after(
            rows, source_seconds=0.0, target_seconds=took, most_a_second=share
        )
        while (rest := ends - time.monotonic()) > 0 and self._ctx.live.most_a_second() == most:
            time.sleep(min(rest, AGAIN_SECONDS))
            if rest > AGAIN_SECONDS:
                self._save()
            self._ctx.progress.alive()
        self._began = time.monotonic()
