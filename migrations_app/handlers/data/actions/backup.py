"""What the target holds, into the artifact store (which encrypts), before it is removed."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from migrations_app.engine.crash_points import reach
from migrations_app.engine.errors import StepFailed, ValidationFailed
from migrations_app.engine.handler import Action, ActionContext
from migrations_app.handlers.data import backups
from migrations_app.handlers.data.parameters import TARGET
from migrations_app.handlers.data.sides import reading
from migrations_app.stores.tables.base import Database
from migrations_app.stores.tables.selection import Selection

OFF = "backup_enabled is false"


class Backup(Action):
    """Result: rows, bytes, tables ({name: {rows, digest}}), sha256 (by artifact), keep_until (ISO); `skipped` when off.

    Undo keeps the backup: it goes when its retention ends, not when somebody rolls back.
    """

    not_proven = "That the target's rows can be kept and removed: a rehearsal leaves them alone."

    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        if not ctx.options["backup_enabled"]:
            return {"skipped": OFF, "rows": 0, "bytes": 0}
        state: dict[str, Any] = {"place": 0, "number": 0, "after": None, "rows": 0, "bytes": 0, "sha256": {}}
        state |= ctx.checkpoint
        tables = ctx.step.parameters["tables"]
        found = {}
        with reading(ctx.targets[TARGET]) as target:
            selections = [_selection(target, name) for name in tables]
            for place, selection in enumerate(selections):
                if place >= state["place"]:
                    self._export(ctx, target, selection, state)
                    state |= {"place": place + 1, "number": 0, "after": None}
                found[selection.target] = backups.digest_of(target, selection)
        keep_until = (ctx.clock.now() + timedelta(days=ctx.options["backup_retention"])).isoformat()
        amounts = {key: state[key] for key in ("rows", "bytes", "sha256")}
        return {**amounts, "tables": found, "keep_until": keep_until}

    def verify(self, ctx: ActionContext, result: Mapping[str, Any]) -> None:
        for key, sha256 in result.get("sha256", {}).items():
            stored = ctx.artifacts.stat(key)
            if stored is None or stored.sha256 != sha256:
                raise ValidationFailed(
                    f"The part {key} of the backup is not in the artifact store as it was written; no row was touched. "
                    "Check the artifact store, then retry.",
                )
        rows = sum(each["rows"] for each in result.get("tables", {}).values())
        if rows != result["rows"]:
            raise StepFailed(
                f"The backup has {result['rows']} rows, the tables {rows}: somebody writes to the target. Stop that "
                "writer, then retry. No row was touched."
            )

    def preview(self, ctx: ActionContext) -> Mapping[str, Any]:
        if not ctx.options["backup_enabled"]:
            return {"skipped": OFF}
        with reading(ctx.targets[TARGET]) as target:
            tables = target.catalogue(ctx.step.parameters["tables"]).tables.values()
        return {"rows": sum(each.rows for each in tables), "bytes": sum(each.bytes for each in tables)}

    def manual_undo(self, ctx: ActionContext) -> tuple[str, ...]:
        return (f"Nothing to undo; the backup backups/run-{ctx.effect_run_id}/ is kept until its retention ends.",)

    def _export(self, ctx: ActionContext, target: Database, selection: Selection, state: dict[str, Any]) -> None:
        after = None if state["after"] is None else tuple(state["after"])
        for part in backups.export(ctx, target, selection, number=state["number"], after=after):
            state["rows"] += part.rows
            state["bytes"] += part.size
            backups.refuse_too_large(ctx, state["bytes"])
            key = f"{backups.prefix(ctx.effect_run_id, selection.target)}{part.number:06}.ndjson"
            state["sha256"] = {**state["sha256"], key: part.sha256}
            state |= {"number": part.number + 1, "after": None if part.upto is None else list(part.upto)}
            reach("data.backup.part")
            ctx.progress.save(state, done=state["rows"], unit="rows")


def _selection(target: Database, name: str) -> Selection:
    table = target.catalogue([name]).tables.get(name)
    selection = backups.whole(table) if table is not None else None
    if selection is None:
        raise ValidationFailed(f"{name} is gone, or has no key to read its rows by; nothing was removed.")
    return selection
