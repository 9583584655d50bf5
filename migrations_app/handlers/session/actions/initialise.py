"""Step 4: create on the target what its layout needs (table, side data, fences)."""

from collections.abc import Mapping
from typing import Any

from migrations_app.engine.crash_points import reach
from migrations_app.engine.handler import Action, ActionContext
from migrations_app.engine.ports import run_scope
from migrations_app.handlers.session.parameters import TARGET
from migrations_app.handlers.session.partitions import close_partitions
from migrations_app.handlers.session.sides import reading
from migrations_app.stores.sessions import open_store
from migrations_app.stores.sessions.configuration import parse_config
from migrations_app.stores.sessions.scratch import shown


class Initialise(Action):
    """Result: created (whether anything had to be made).

    In a rehearsal it makes the namespace that all of it happens in, and takes it away in the end.
    """

    not_proven = ""
    leaves_scratch = True

    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        target = ctx.targets[TARGET]
        with open_store(target.config, target.secrets) as store:
            created = store.initialise(ctx.worker)
            reach("session.initialise.created")
            store.raise_worker_fence(ctx.worker)
        return {"created": created or bool(ctx.checkpoint.get("created"))}

    def preview(self, ctx: ActionContext) -> Mapping[str, Any]:
        with reading(ctx.targets[TARGET]) as store:
            return {"exists": store.probe(counted=False).exists}

    def undo(self, ctx: ActionContext) -> None:
        target = ctx.targets[TARGET]
        with open_store(target.config, target.secrets) as store:
            store.raise_worker_fence(ctx.worker)
            store.drop_created(ctx.worker)
            # An unknown fence refuses as well as a raised one, so late partition drivers stay shut out.
            store.clear_worker_fences(f"{run_scope(ctx.effect_run_id)}:")

    def rehearse(self, ctx: ActionContext) -> Mapping[str, Any]:
        scratch = ctx.targets[TARGET]
        with open_store(scratch.config, scratch.secrets) as store:
            store.initialise_like(parse_config(ctx.originals[TARGET].config), ctx.worker)
            reach("session.initialise.created")
        return {"created": True}

    def clean_up(self, ctx: ActionContext) -> None:
        scratch = ctx.targets[TARGET]
        with open_store(scratch.config, scratch.secrets) as store:
            # First of all partition drivers that sleep in the middle of a batch must not write any more.
            if store.probe(counted=False).exists:
                store.raise_worker_fence(ctx.worker)
                close_partitions(ctx.run_id, ctx.options["parallel_workers"], store)
            reach("session.clean_up.before")
            store.remove_scratch(ctx.worker, ctx.progress.alive)
            reach("session.clean_up.removed")

    def manual_clean_up(self, ctx: ActionContext) -> tuple[str, ...]:
        return (f"On “{ctx.originals[TARGET].name}”, remove {shown(ctx.targets[TARGET].config)}.",)

    def manual_undo(self, ctx: ActionContext) -> tuple[str, ...]:
        return (
            f"On “{ctx.targets[TARGET].name}”, drop what this run created and nobody uses: the session table when it "
            "is empty, its side table, and the table or keys of the fences (names: see the target's page).",
        )
