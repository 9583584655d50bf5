"""A step that changes files, whichever: the package, the calls, or the old adapter's file. All of them or none."""

from collections.abc import Mapping
from typing import Any

from migrations_app.engine.errors import ValidationFailed
from migrations_app.engine.handler import Action, ActionContext
from migrations_app.files.errors import FileChanged
from migrations_app.handlers.adapter.actions import work
from migrations_app.handlers.adapter.kept import key_of
from migrations_app.handlers.adapter.parameters import PROJECT


class ChangeFiles(Action):
    """Result: changed (paths). Undo brings every byte, permission and directory back, unless somebody edited a file."""

    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        work.write(ctx)
        return {"changed": sorted(ctx.step.parameters["files"])}

    def verify(self, ctx: ActionContext, result: Mapping[str, Any]) -> None:
        for path, (_, after) in work.signed_files(ctx.step.parameters).items():
            found = work.on_disk(ctx, path)
            if found != after:
                raise FileChanged(work.root_of(ctx) / path, expected=after, found=found)

    def preview(self, ctx: ActionContext) -> Mapping[str, Any]:
        work.planned(ctx)
        return {"changed": sorted(ctx.step.parameters["files"])}

    def undo(self, ctx: ActionContext) -> None:
        """Idempotent from wherever a kill left the files. Raises ValidationFailed for a file that is neither."""
        if not any(ctx.step.parameters["files"]):
            return
        instructions = self.manual_undo(ctx)
        work.refuse_edited(ctx, instructions)
        try:
            changed = work.write(ctx, back=True)
        except FileChanged as error:
            raise ValidationFailed(error.message, details=error.details, recovery_actions=instructions) from error
        ctx.log.info(f"Brought back byte for byte: {', '.join(changed) or 'nothing was left to bring back'}.")

    def manual_undo(self, ctx: ActionContext) -> tuple[str, ...]:
        name, paths = ctx.targets[PROJECT].name, ", ".join(sorted(ctx.step.parameters["files"])[:10])
        return (
            f"Compare these files of {name} with this run's plan: {paths}. Somebody edited one after the run wrote it. "
            "Nothing was taken back, so that the edit is not lost.",
            "To give up the edit: put the run's content back (its plan shows it), then press Retry.",
            f"To keep the edit: take what was there before from version control, or from the backup "
            f"{key_of(ctx.effect_run_id)}, and merge by hand.",
        )
