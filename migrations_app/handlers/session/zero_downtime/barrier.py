"""Waiting until every live client of the route goes by an epoch (PROTOCOL 5.4)."""

import time

from migrations_app.engine.errors import StepFailed
from migrations_app.engine.guards import guard_is_on
from migrations_app.engine.handler import ActionContext
from migrations_app.handlers.session import route

WITHIN_SECONDS = 30.0  # a silent client's lease has run out after ten
POLL_SECONDS = 0.05


def wait_for_clients(ctx: ActionContext, epoch: int) -> int:
    """How many live clients have acknowledged. Raises StepFailed naming those that stay behind.

    A client without a live lease does not count: the stores refuse it as soon as the fences move.
    """
    if not guard_is_on("barrier"):
        return 0
    name, began = route.name_of(ctx), ctx.clock.monotonic()
    while True:
        live = [client for client in ctx.live.clients(name) if client.is_live]
        behind = [client.client_id for client in live if client.acked_epoch < epoch]
        if not behind:
            return len(live)
        if ctx.clock.monotonic() - began > WITHIN_SECONDS:
            raise StepFailed(
                f"{len(behind)} client(s) of the route “{name}” did not acknowledge epoch {epoch} "
                f"({', '.join(behind[:5])}). Restart them or remove their lease, then try again.",
                details={"route": name, "epoch": epoch, "clients": behind[:50]},
            )
        ctx.progress.alive()
        time.sleep(POLL_SECONDS)
