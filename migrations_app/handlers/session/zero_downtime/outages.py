"""A store that is away or full for a while, once a route has two of them, is waited for: nothing is lost meanwhile.

To fail and roll back would need that same store (PROTOCOL F7, F8, F24, F26).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from migrations_app.engine.errors import DependencyUnavailable, InsufficientResources
from migrations_app.engine.handler import ActionContext
from migrations_app.engine.interruptions import Waits
from migrations_app.engine.run_view import ParkedFor

AGAIN = timedelta(seconds=5)


@contextmanager
def waits_for_stores(ctx: ActionContext) -> Iterator[None]:
    """Parks the run when a store does not answer; it goes on by itself, from its checkpoint."""
    try:
        yield
    except (DependencyUnavailable, InsufficientResources) as error:
        ctx.log.warning(f"{error.message} Clients go on as they are; the run is tried again in a moment.")
        raise Waits(ParkedFor.UNAVAILABLE, ctx.clock.now() + AGAIN) from error
