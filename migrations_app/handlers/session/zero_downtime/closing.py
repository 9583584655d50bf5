"""Shutting out whatever of a migration's late drivers may still hold something to write.

It comes before clients go back to plain operations: a plain write leaves no version, so nothing but the worker's fence
would keep a partition, relay or verifier that was frozen all along from writing over it.
"""

from migrations_app.engine.handler import ActionContext
from migrations_app.engine.ports import BACKGROUND, CLOSED_TOKEN, WorkerToken, partition_scope
from migrations_app.handlers.session.partitions import close_partitions
from migrations_app.handlers.session.zero_downtime.pair import Pair

DRIVERS = ("relay", "verifier")


def close_late_drivers(ctx: ActionContext, pair: Pair) -> None:
    """Raise the fences of the partitions and the background drivers for good, in both stores.

    A run that rolls another one back has drivers of its own: they are shut out as well.
    """
    for store in (pair.a.sessions, pair.b.sessions):
        for run_id in dict.fromkeys((ctx.effect_run_id, ctx.run_id)):
            close_partitions(run_id, ctx.options["parallel_workers"], store)
            for name in DRIVERS:
                store.raise_worker_fence(WorkerToken(partition_scope(run_id, BACKGROUND + name, 0), CLOSED_TOKEN))
