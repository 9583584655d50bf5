"""Step 3: the new content of every file that changes, all of them or none as far as a file system permits."""

from collections.abc import Mapping
from typing import Any

from migrations_app.engine.crash_points import reach
from migrations_app.engine.errors import ValidationFailed
from migrations_app.engine.handler import Action, ActionContext
from migrations_app.handlers.config import snapshots
from migrations_app.handlers.config.actions import work
from migrations_app.handlers.config.parameters import TARGET


class Write(Action):
    """Result: fingerprint, version, changed (names). Undo gives every byte back, unless somebody edited it since."""

    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        before = work.before(ctx)
        after = work.planned(ctx, before)
        fingerprint = snapshots.save(ctx.artifacts, ctx.targets[TARGET].id, after)
        reach("config.write.kept")
        work.write(ctx, before, after, {"fingerprint": fingerprint})
        changed = [name for name in sorted(after) if after[name] != before[name]]
        return {"fingerprint": fingerprint, "version": ctx.step.parameters["to"], "changed": changed}

    def verify(self, ctx: ActionContext, result: Mapping[str, Any]) -> None:
        work.refuse_changed(ctx, work.kept(ctx, result["fingerprint"]))

    def preview(self, ctx: ActionContext) -> Mapping[str, Any]:
        before = work.on_disk(ctx, ctx.step.parameters["files"])
        after = work.planned(ctx, before)
        return {"changed": [name for name in sorted(after) if after[name] != before[name]]}

    def undo(self, ctx: ActionContext) -> None:
        """Idempotent from wherever a kill left the files. Raises ValidationFailed for a file that is neither."""
        before = work.before(ctx)
        done = ctx.results.get(ctx.step.id)
        after = work.kept(ctx, done["fingerprint"]) if done else work.planned(ctx, before)
        self._refuse_edited(ctx, before, after)
        replaced = work.write(ctx, after, before, {})
        ctx.log.info(f"Given back byte for byte: {', '.join(replaced) or 'nothing was left to give back'}.")

    def manual_undo(self, ctx: ActionContext) -> tuple[str, ...]:
        where, kept = work.place(ctx), ctx.results.get(work.BACKUP, {}).get("fingerprint", "")[:12]
        return (
            f"Compare {where.path} and what it imports with this run's plan: somebody edited a file after the run "
            "wrote it. Nothing was taken back, so that the edit is not lost.",
            "To give up the edit: put the run's content back (the history of the target has it), then press Retry.",
            f"To keep the edit: leave the files as they are, copy what you need from snapshot {kept} of the history by "
            "hand, or plan a restore of that snapshot and have it signed.",
        )

    def _refuse_edited(self, ctx: ActionContext, before: snapshots.Contents, after: snapshots.Contents) -> None:
        present = work.on_disk(ctx, before)
        edited = [name for name, found in present.items() if found not in (before[name], after[name])]
        if edited:
            raise ValidationFailed(
                f"Somebody edited {', '.join(edited)} since this run wrote it. Nothing was taken back, so that the "
                "edit is not lost.",
                details={"edited": edited},
                recovery_actions=self.manual_undo(ctx),
            )
