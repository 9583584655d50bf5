"""Step 1: everything is as it was planned, and what the run goes by is kept: what is moved, in which ranges."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from migrations_app.engine.crash_points import reach
from migrations_app.engine.errors import PlanIsStale, ValidationFailed
from migrations_app.engine.handler import Action, ActionContext
from migrations_app.engine.ports import run_scope
from migrations_app.handlers.data import documents, kept
from migrations_app.handlers.data.analysis import Seen, look, wanted
from migrations_app.handlers.data.comparison import CHUNK_BYTES
from migrations_app.handlers.data.kept import Kept
from migrations_app.handlers.data.looking import apart, holds_rows
from migrations_app.handlers.data.making import make_tables
from migrations_app.handlers.data.parameters import SOURCE, TARGET
from migrations_app.handlers.data.sides import reading, writing
from migrations_app.handlers.data.steps import ROWS_A_SECOND
from migrations_app.stores.tables import scratch
from migrations_app.stores.tables.base import Database, Side
from migrations_app.stores.tables.selection import EVERYTHING, KeyRange, Selection


class Prepare(Action):
    """Result: rows, bytes, tables ({target: {source, rows, bytes}}); all of them estimates.

    In a rehearsal it makes the namespace and the tables that all of it happens in, and takes them away in the end.
    """

    not_proven = ""
    leaves_scratch = True

    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        with reading(ctx.targets[SOURCE]) as source, reading(ctx.targets[TARGET]) as target:
            before, after = look(source), look(target)
            selections = self._as_planned(ctx, before, after)
            ranges = {each.target: source.split(each, ctx.options["parallel_workers"]) for each in selections}
            kept.save(ctx, Kept(selections, ranges, _rows(selections, before)))
        reach("data.prepare.kept")
        return _amounts(selections, before)

    def preview(self, ctx: ActionContext) -> Mapping[str, Any]:
        with reading(ctx.targets[SOURCE]) as source, reading(ctx.targets[TARGET]) as target:
            before, after = look(source), look(target)
            selections = self._as_planned(ctx, before, after)
        found = _amounts(selections, before)
        return {**found, "seconds": 1 + 2 * found["rows"] // ROWS_A_SECOND}

    def rehearse(self, ctx: ActionContext) -> Mapping[str, Any]:
        place, most = ctx.targets[TARGET], ctx.parameters["rehearsal_rows"]
        with reading(ctx.targets[SOURCE]) as source:
            before = look(source)
            with reading(ctx.originals[TARGET]) as original:
                selections = self._as_planned(ctx, before, look(original))
            scratch.make(place.config, place.secrets, ctx.worker)
            reach("data.prepare.made")
            here = kept.for_this_run(ctx, selections)
            with writing(ctx, TARGET) as target:
                make_tables(ctx, target, here, [each.target for each in here])
                otherwise = apart(source, target, here)
            by_bytes = frozenset(
                each.target for each, own in zip(selections, here, strict=True) if own.target in otherwise
            )
            ranges = {
                each.target: (_first(source, replace(each, bytewise=each.target in by_bytes), most),)
                for each in selections
            }
            kept.save(ctx, Kept(selections, ranges, _rows(selections, before), by_bytes))
        return _amounts(selections, before)

    def undo(self, ctx: ActionContext) -> None:
        with writing(ctx, TARGET) as target:
            for run_id in dict.fromkeys((ctx.effect_run_id, ctx.run_id)):  # its own fence is the last thing to go
                target.forget(run_scope(run_id), ctx.worker)

    def clean_up(self, ctx: ActionContext) -> None:
        place = ctx.targets[TARGET]
        scratch.remove(place.config, place.secrets, ctx.worker)
        reach("data.clean_up.removed")
        for key in list(ctx.artifacts.keys(kept.folder(ctx.run_id))):
            ctx.artifacts.delete(key)

    def manual_undo(self, ctx: ActionContext) -> tuple[str, ...]:
        return (f"On “{ctx.targets[TARGET].name}”, remove the rows of run {ctx.effect_run_id} from snakeweb_moves.",)

    def manual_clean_up(self, ctx: ActionContext) -> tuple[str, ...]:
        return (f"On “{ctx.originals[TARGET].name}”, remove {scratch.shown(ctx.targets[TARGET].config)}.",)

    def _as_planned(self, ctx: ActionContext, source: Seen, target: Seen) -> tuple[Selection, ...]:
        """Raises PlanIsStale when something else would be moved now, ValidationFailed when a table has filled."""
        planned = ctx.step.parameters
        selections, problems = wanted(ctx.parameters, source.catalogue, target.catalogue)
        if problems or documents.digest(selections) != planned["binds"]:
            raise PlanIsStale(
                "The tables are no longer as they were when this was planned; nothing was changed.",
                details={"problems": [problem.message for problem in problems]},
            )
        appeared = [name for name in planned["missing"] if name in target.catalogue.tables]
        filled = [
            each.target
            for each in selections
            if each.target in target.catalogue.tables
            and each.target not in (*planned["held"], *appeared)
            and holds_rows(target.database, each)
        ]
        name = ctx.targets[TARGET].name
        if appeared:
            raise PlanIsStale(f"“{name}” has {', '.join(appeared)} by now; nothing was changed.")
        if filled:
            raise ValidationFailed(
                f"“{name}” holds rows in {', '.join(filled)} by now; nothing was changed. Empty them, or plan again."
            )
        return selections


def _rows(selections: tuple[Selection, ...], source: Seen) -> dict[str, int]:
    return {each.target: source.catalogue.tables[each.source].rows for each in selections}


def _first(source: Database, selection: Selection, rows: int) -> KeyRange:
    """The first rows by key; a table without one goes whole."""
    if not selection.key:
        return EVERYTHING
    end = source.end_of_chunk(selection, EVERYTHING, side=Side.SOURCE, rows=rows, size=CHUNK_BYTES)
    return KeyRange(None, end)


def _amounts(selections: tuple[Selection, ...], source: Seen) -> dict[str, Any]:
    tables = source.catalogue.tables
    found = {
        each.target: {"source": each.source, "rows": tables[each.source].rows, "bytes": tables[each.source].bytes}
        for each in selections
    }
    return {
        "rows": sum(each["rows"] for each in found.values()),
        "bytes": sum(each["bytes"] for each in found.values()),
        "tables": found,
    }
