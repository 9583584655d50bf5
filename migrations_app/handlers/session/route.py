"""Moving the route record: each publish is a compare-and-set against an epoch that was written down before.

A driver that was replaced therefore cannot publish: its successor has moved the epoch on.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from migrations_app.engine.errors import IllegalTransition
from migrations_app.engine.handler import ActionContext
from migrations_app.engine.ports import RouteRecord
from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.handlers.session.parameters import SOURCE, TARGET, route_name

SIDE_A = "a"
SIDE_B = "b"


def name_of(ctx: ActionContext) -> str:
    return route_name(ctx.parameters, ctx.targets[SOURCE].name)


def stores_of(ctx: ActionContext) -> dict[str, str]:
    return {SIDE_A: ctx.targets[SOURCE].name, SIDE_B: ctx.targets[TARGET].name}


def current(ctx: ActionContext) -> RouteRecord:
    """The record as it is now. Raises IllegalTransition when the route is gone."""
    record = ctx.routes.get(name_of(ctx))
    if record is None:
        raise IllegalTransition(
            f"The route “{name_of(ctx)}” does not exist any more; nothing was switched. "
            "Find who removed it, then plan again.",
        )
    return record


def move(
    ctx: ActionContext,
    base_epoch: int,
    phase: RoutePhase,
    authority: str,
    *,
    deadline: datetime | None = None,
    stores: Mapping[str, str] | None = None,
) -> RouteRecord:
    """Publish the record that follows `base_epoch`; when it already is the one wanted, that is the outcome.

    Raises IllegalTransition when somebody else moved the route since.
    """
    record = current(ctx)
    if record.epoch == base_epoch + 1 and (record.phase, record.authority) == (phase, authority):
        return record
    if record.epoch != base_epoch:
        raise IllegalTransition(
            f"The route “{record.name}” moved to epoch {record.epoch} ({record.phase}) while this run expected epoch "
            f"{base_epoch}; it was left as it is. Find who moved it before you go on.",
            details={"route": record.name, "epoch": record.epoch, "expected_epoch": base_epoch},
        )
    wanted = replace(
        record,
        epoch=base_epoch + 1,
        phase=phase,
        authority=authority,
        handoff_deadline=deadline,
        stores=dict(stores) if stores is not None else record.stores,
    )
    return ctx.routes.publish(wanted, expected_epoch=base_epoch)


def as_dict(record: RouteRecord) -> dict[str, Any]:
    """For results and checkpoints."""
    return {
        "name": record.name,
        "epoch": record.epoch,
        "phase": str(record.phase),
        "authority": record.authority,
        "stores": dict(record.stores),
    }
