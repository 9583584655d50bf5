"""Step 2: the target can take what is coming: it answers, may be written, holds nothing of others, has room."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from migrations_app.engine.errors import InsufficientResources, Problem, ValidationFailed
from migrations_app.engine.handler import Action, ActionContext
from migrations_app.handlers.session.paging import pages, sample
from migrations_app.handlers.session.parameters import SOURCE, TARGET
from migrations_app.handlers.session.sides import reading
from migrations_app.stores.sessions.base import SessionStore, StoreProbe

SAMPLE = 100


class ValidateTarget(Action):
    """Changes nothing. Result: latency_us, eviction_policy, and free_bytes where a limit is known."""

    not_proven = ""

    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        name = ctx.targets[TARGET].name
        with reading(ctx.targets[TARGET]) as target:
            probe = target.probe()
            problems = []
            if not probe.writable:
                problems.append(
                    Problem(
                        "targets.target",
                        f"“{name}” does not let us write. {' '.join(probe.problems)}".strip(),
                        "Give the target's user the right to write.",
                        "target_read_only",
                    )
                )
            if probe.count and self._holds_others(target, ctx):
                problems.append(
                    Problem(
                        "targets.target",
                        f"“{name}” already holds {probe.count} session(s) that this run did not copy.",
                        "Empty it, or choose another table, database or prefix.",
                        "target_not_empty",
                    )
                )
        if problems:
            raise ValidationFailed(f"“{name}” cannot take the sessions; nothing was changed.", problems=problems)
        if not ctx.read_only:
            for warning in probe.problems:
                ctx.log.warning(f"“{name}”: {warning}")
        free = self._free_bytes(probe)
        self._refuse_too_small(ctx, free, probe.capacity_sessions)
        known = {} if free is None else {"free_bytes": free}
        return {"latency_us": round(probe.latency_ms * 1000), "eviction_policy": probe.eviction_policy, **known}

    def preview(self, ctx: ActionContext) -> Mapping[str, Any]:
        return self.do(ctx)

    def rehearse(self, ctx: ActionContext) -> Mapping[str, Any]:
        """Of the target itself: it is what has to be empty, writable and large enough."""
        return self.do(replace(ctx, targets=ctx.originals))

    def manual_undo(self, ctx: ActionContext) -> tuple[str, ...]:
        return ("Nothing to undo: the target was only looked at.",)

    def _holds_others(self, target: SessionStore, ctx: ActionContext) -> bool:
        """Sessions that this run copied itself do not count: a step may be run again after a crash."""
        return any(
            record.version.epoch != ctx.run_id
            for page in pages(target, "", ctx.options["batch_size"])
            for record in page.records
        )

    def _free_bytes(self, probe: StoreProbe) -> int | None:
        if probe.capacity_bytes is None or probe.used_bytes is None:
            return None
        return max(0, probe.capacity_bytes - probe.used_bytes)

    def _refuse_too_small(self, ctx: ActionContext, free: int | None, most: int | None) -> None:
        if free is None and most is None:
            return
        with reading(ctx.targets[SOURCE]) as source:
            seen = sample(source, SAMPLE).records
            sessions = source.count()
        if most is not None and sessions > most:
            raise InsufficientResources(
                f"“{ctx.targets[TARGET].name}” may hold {most} sessions; there are {sessions}. Nothing was changed. "
                "Raise its quota.",
                details={"most_sessions": most, "sessions": sessions},
            )
        if free is None:
            return
        needed = sessions * sum(len(r.value) + len(r.id) for r in seen) // max(1, len(seen))
        if needed > free:
            raise InsufficientResources(
                f"“{ctx.targets[TARGET].name}” has {free} bytes free; the sessions need about {needed}. "
                "Nothing was changed. Give it more room.",
                details={"free_bytes": free, "needed_bytes": needed},
            )
