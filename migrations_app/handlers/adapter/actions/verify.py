"""Step 6: what lies on the disk is what was signed, it is read as the workers read it, and it answers as before."""

import json
from collections.abc import Mapping
from typing import Any

from migrations_app.engine.errors import DataCorruption
from migrations_app.engine.handler import Action, ActionContext
from migrations_app.files.reading import read_file
from migrations_app.handlers.adapter.actions import work
from migrations_app.handlers.adapter.actions.proof import compared, recorded
from migrations_app.handlers.adapter.generic.configuration import read
from migrations_app.handlers.adapter.generic.errors import ConfigurationRefused
from migrations_app.handlers.adapter.making.outcome import CALLS, CONFIGURE
from migrations_app.handlers.adapter.making.package import TOOLS


class Verify(Action):
    """Result: files (how many are as they were signed), tools (that the configuration on the disk serves), and as
    `compared`."""

    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        signed = ctx.step.parameters
        files = {
            path: after for step in (CONFIGURE, CALLS) for path, (_, after) in work.signed_files(signed[step]).items()
        }
        differing = [path for path, after in files.items() if work.on_disk(ctx, path) != after]
        if differing:
            raise DataCorruption(
                f"{', '.join(differing)} is not as it was written a moment ago: somebody else writes there.",
                details={"files": differing},
            )
        (path,) = (path for path in signed[CONFIGURE]["files"] if path.endswith(f"/{TOOLS}"))
        configuration = _configuration(ctx, path)
        kept = work.kept(ctx)
        proof = compared(ctx, kept.analysis, configuration, recorded(ctx))
        return {"files": len(files), "tools": [entry["name"] for entry in configuration["tools"]], **proof}

    def preview(self, ctx: ActionContext) -> Mapping[str, Any]:
        return {"files": sum(len(ctx.step.parameters[step]["files"]) for step in (CONFIGURE, CALLS))}

    def manual_undo(self, ctx: ActionContext) -> tuple[str, ...]:
        return ("Nothing to undo: this step only looks.",)


def _configuration(ctx: ActionContext, path: str) -> dict[str, Any]:
    """Raises DataCorruption where the generic adapter would refuse it."""
    content = read_file(work.root_of(ctx) / path)[0]
    try:
        read(content)
    except ConfigurationRefused as refused:
        raise DataCorruption(f"{path} is refused by the generic adapter: {refused.problems[0]}") from refused
    document: dict[str, Any] = json.loads(content)
    return document
