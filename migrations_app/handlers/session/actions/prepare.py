"""Step 1: look at both stores once more and put the route where the migration begins."""

from collections.abc import Mapping
from typing import Any

from migrations_app.engine.errors import ClaimConflict, Problem, ValidationFailed
from migrations_app.engine.handler import Action, ActionContext
from migrations_app.engine.ports import RouteRecord
from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.handlers.session import route
from migrations_app.handlers.session.parameters import SOURCE, TARGET
from migrations_app.handlers.session.pause import BACK, FORWARD
from migrations_app.handlers.session.sides import reading

PAUSED_PHASES = frozenset({FORWARD.paused, BACK.paused})


class Prepare(Action):
    """Result: sessions, route, target_identity, previous_route (None: this run made it)."""

    not_proven = "That services follow the route: a rehearsal publishes none."

    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        seen = self._look(ctx)
        record = ctx.routes.get(seen["route"])
        previous = ctx.checkpoint.get("previous_route", route.as_dict(record) if record else None)
        ctx.progress.save({"previous_route": previous}, done=0, unit="sessions")
        self._publish(ctx, record)
        return {**seen, "previous_route": previous}

    def preview(self, ctx: ActionContext) -> Mapping[str, Any]:
        seen = self._look(ctx)
        record = ctx.routes.get(seen["route"])
        if record is not None:
            self._refuse_foreign(ctx, record)
        return {**seen, "route_exists": record is not None}

    def rehearse(self, ctx: ActionContext) -> Mapping[str, Any]:
        return self.preview(ctx)

    def undo(self, ctx: ActionContext) -> None:
        """Give the route back what it said before. One that this run made stays, with the source as authority."""
        kept = ctx.results.get(ctx.step.id, ctx.checkpoint)
        previous = kept.get("previous_route")
        record = ctx.routes.get(route.name_of(ctx))
        if record is None or previous is None or _says(record, previous):
            return
        if (record.phase, record.authority) != (RoutePhase.PLAIN_A, route.SIDE_A):
            raise ClaimConflict(
                f"The route “{record.name}” is at {record.phase}, not where this run would have left it; "
                "it was left as it is."
            )
        route.move(
            ctx,
            record.epoch,
            RoutePhase(previous["phase"]),
            previous["authority"],
            stores=previous["stores"],
        )

    def manual_undo(self, ctx: ActionContext) -> tuple[str, ...]:
        name, source = route.name_of(ctx), ctx.targets[SOURCE].name
        return (f"Set the route “{name}” so that “{source}” has the authority (phase plain_a, authority a).",)

    def _look(self, ctx: ActionContext) -> dict[str, Any]:
        with reading(ctx.targets[SOURCE]) as source:
            sessions = source.count()
        with reading(ctx.targets[TARGET]) as target:
            identity = target.probe(counted=False).identity
        return {"sessions": sessions, "route": route.name_of(ctx), "target_identity": identity}

    def _publish(self, ctx: ActionContext, record: RouteRecord | None) -> None:
        stores = route.stores_of(ctx)
        if record is None:
            first = RouteRecord(route.name_of(ctx), 1, RoutePhase.PLAIN_A, route.SIDE_A, stores)
            ctx.routes.publish(first, expected_epoch=None)
            return
        self._refuse_foreign(ctx, record)
        if (record.phase, record.authority, dict(record.stores)) != (RoutePhase.PLAIN_A, route.SIDE_A, stores):
            route.move(ctx, record.epoch, RoutePhase.PLAIN_A, route.SIDE_A, stores=stores)

    def _refuse_foreign(self, ctx: ActionContext, record: RouteRecord) -> None:
        if record.phase in PAUSED_PHASES:
            raise ClaimConflict(f"The route “{record.name}” is in the middle of another switch ({record.phase}).")
        serving = record.stores.get(record.authority, ctx.targets[SOURCE].name)
        if serving != ctx.targets[SOURCE].name:
            raise ValidationFailed(
                problems=[
                    Problem(
                        "parameters.route",
                        f"The route “{record.name}” is served by “{serving}”, not by “{ctx.targets[SOURCE].name}”.",
                        f"Choose “{serving}” as source, or name the route that the source serves.",
                        "route_served_elsewhere",
                    )
                ]
            )


def _says(record: RouteRecord, previous: Mapping[str, Any]) -> bool:
    return (str(record.phase), record.authority, dict(record.stores)) == (
        previous["phase"],
        previous["authority"],
        previous["stores"],
    )
