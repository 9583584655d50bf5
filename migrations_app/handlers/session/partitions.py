"""Shutting out late drivers of the transfer's partitions once the transfer is over."""

from migrations_app.engine.handler import ActionContext
from migrations_app.engine.ports import CLOSED_TOKEN, WorkerToken, partition_scope
from migrations_app.stores.sessions.base import SessionStore

TRANSFER = "transfer"


def close_partitions(ctx: ActionContext, target: SessionStore) -> None:
    """Raise the fence of every partition's scope for good: a frozen driver that wakes up later writes nothing."""
    for index in range(ctx.options["parallel_workers"]):
        scope = partition_scope(ctx.effect_run_id, TRANSFER, index)
        target.raise_worker_fence(WorkerToken(scope, CLOSED_TOKEN))
