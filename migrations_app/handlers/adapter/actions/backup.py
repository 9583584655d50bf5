"""Step 3: every file that the run touches, before and after, into the artifact store (which encrypts).

The option `backup_enabled` does not switch it off: the way back needs it.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from migrations_app.engine.handler import Action, ActionContext
from migrations_app.handlers.adapter import kept as keeping
from migrations_app.handlers.adapter.actions import work
from migrations_app.handlers.adapter.kept import Kept
from migrations_app.handlers.adapter.making.outcome import Outcome


class Backup(Action):
    """Result: sha256 (of what was kept), files (paths), bytes, keep_until (ISO). Undo keeps it."""

    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        outcome, analysis = work.planned(ctx)
        touched = {path: change for changes in outcome.changes.values() for path, change in changes.items()}
        standings = keeping.standings_of(work.root_of(ctx), touched)
        kept = Kept(outcome.changes, standings, analysis, outcome.serving.written)
        sha256 = keeping.save(ctx.artifacts, ctx.run_id, kept)
        keep_until = ctx.clock.now() + timedelta(days=ctx.options["backup_retention"])
        return {"sha256": sha256, **_amounts(outcome), "keep_until": keep_until.isoformat()}

    def verify(self, ctx: ActionContext, result: Mapping[str, Any]) -> None:
        keeping.load(ctx.artifacts, ctx.run_id, result["sha256"])

    def preview(self, ctx: ActionContext) -> Mapping[str, Any]:
        return _amounts(work.planned(ctx)[0])

    def manual_undo(self, ctx: ActionContext) -> tuple[str, ...]:
        key = keeping.key_of(ctx.effect_run_id)
        return (f"Nothing to undo; the backup {key} is kept until its retention ends.",)


def _amounts(outcome: Outcome) -> dict[str, Any]:
    """Of what was there before."""
    before = {
        path: change.before
        for changes in [*outcome.changes.values()][::-1]  # a file may change twice: its first state counts
        for path, change in changes.items()
        if change.before is not None
    }
    return {"files": sorted(before), "bytes": sum(map(len, before.values()))}
