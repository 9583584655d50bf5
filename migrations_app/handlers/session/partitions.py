"""Shutting out late drivers of the transfer's partitions once the transfer is over."""

from migrations_app.engine.ports import CLOSED_TOKEN, WorkerToken, partition_scope
from migrations_app.stores.sessions.base import SessionStore

TRANSFER = "transfer"


def close_partitions(run_id: int, count: int, target: SessionStore) -> None:
    """Raise the fence of every partition's scope for good: a frozen driver that wakes up later writes nothing.

    `run_id`: of the run whose effects the transfer's are.
    """
    for index in range(count):
        target.raise_worker_fence(WorkerToken(partition_scope(run_id, TRANSFER, index), CLOSED_TOKEN))
