"""Step 2: the files are still those that were backed up, and what is made of them is what was signed."""

from collections.abc import Mapping
from typing import Any

from migrations_app.engine.handler import Action, ActionContext
from migrations_app.handlers.config import elixir
from migrations_app.handlers.config.actions import work
from migrations_app.handlers.config.snapshots import Contents, fingerprint


class Validate(Action):
    """Result: fingerprint (of what is going to be written), elixir (what Elixir itself was asked, for people)."""

    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        contents = work.before(ctx)
        work.refuse_changed(ctx, contents)
        return _judged(ctx, contents)

    def preview(self, ctx: ActionContext) -> Mapping[str, Any]:
        return _judged(ctx, work.on_disk(ctx, ctx.step.parameters["files"]))

    def manual_undo(self, ctx: ActionContext) -> tuple[str, ...]:
        return ("Nothing to undo: this step only looks.",)


def _judged(ctx: ActionContext, contents: Contents) -> Mapping[str, Any]:
    after = work.planned(ctx, contents)
    said = elixir.parsed({name: content for name, content in after.items() if content != contents[name]})
    ctx.log.info(f"What is going to be written is what was signed; {said}.")
    return {"fingerprint": fingerprint(after), "elixir": said}
