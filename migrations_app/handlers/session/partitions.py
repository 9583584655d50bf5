"""Shutting out late drivers of the transfer's partitions once the transfer is over or taken back."""

from migrations_app.engine.handler import ActionContext
from migrations_app.engine.ports import WorkerToken
from migrations_app.stores.sessions.base import SessionStore

TRANSFER = "transfer"
FOR_GOOD = 2**52  # above every token a lease will ever reach, and exact in Redis' numbers


def close_partitions(ctx: ActionContext, target: SessionStore) -> None:
    """Raise the fence of every partition's scope for good: a frozen driver that wakes up later writes nothing."""
    for index in range(ctx.options["parallel_workers"]):
        target.raise_worker_fence(WorkerToken(f"run:{ctx.run_id}:{TRANSFER}:{index}", FOR_GOOD))
