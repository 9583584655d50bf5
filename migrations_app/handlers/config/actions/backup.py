"""Step 1: every file of the configuration into the artifact store (which encrypts), before anything is written.

The option `backup_enabled` does not switch it off: the way back needs it, and the history is made of it.
"""

from collections.abc import Mapping
from typing import Any

from migrations_app.engine.handler import Action, ActionContext
from migrations_app.handlers.config import snapshots
from migrations_app.handlers.config.actions import work
from migrations_app.handlers.config.parameters import TARGET


class Backup(Action):
    """Result: fingerprint, version, files (SHA-256 by name), bytes. Undo keeps it: it is part of the history."""

    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        contents = work.on_disk(ctx, ctx.step.parameters["files"])
        fingerprint = snapshots.save(ctx.artifacts, ctx.targets[TARGET].id, contents)
        return {"fingerprint": fingerprint, "version": ctx.step.parameters["origin"], **_amounts(contents)}

    def verify(self, ctx: ActionContext, result: Mapping[str, Any]) -> None:
        work.kept(ctx, result["fingerprint"])

    def preview(self, ctx: ActionContext) -> Mapping[str, Any]:
        return _amounts(work.on_disk(ctx, ctx.step.parameters["files"]))

    def manual_undo(self, ctx: ActionContext) -> tuple[str, ...]:
        return ("Nothing to undo; the snapshot stays in the configuration's history.",)


def _amounts(contents: snapshots.Contents) -> dict[str, Any]:
    return {"files": snapshots.file_fingerprints(contents), "bytes": sum(map(len, contents.values()))}
