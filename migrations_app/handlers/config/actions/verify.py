"""Step 4: the files are read again, from the disk, and judged as the new version would judge them."""

from collections.abc import Mapping
from typing import Any

from migrations_app.engine.errors import DataCorruption
from migrations_app.engine.handler import Action, ActionContext
from migrations_app.handlers.config.actions import work
from migrations_app.handlers.config.outcome import judged
from migrations_app.handlers.config.snapshots import file_fingerprints, fingerprint


class Verify(Action):
    """Result: fingerprint, version, files (SHA-256 by name), problems (of the result, counted by severity)."""

    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        written = ctx.results[work.WRITE]["fingerprint"]
        found = work.on_disk(ctx, work.kept(ctx, written))
        if fingerprint(found) != written:
            expected = file_fingerprints(work.kept(ctx, written))
            differing = [name for name, sha256 in file_fingerprints(found).items() if expected[name] != sha256]
            raise DataCorruption(
                f"{', '.join(differing)} is not as it was written a moment ago: somebody else writes there.",
                details={"files": differing},
            )
        problems = judged(work.place(ctx).first, found, ctx.step.parameters["to"])
        return {
            "fingerprint": written,
            "version": ctx.step.parameters["to"],
            "files": file_fingerprints(found),
            "problems": problems,
        }

    def preview(self, ctx: ActionContext) -> Mapping[str, Any]:
        return {"files": sorted(ctx.step.parameters["files"])}

    def manual_undo(self, ctx: ActionContext) -> tuple[str, ...]:
        return ("Nothing to undo: this step only looks.",)
