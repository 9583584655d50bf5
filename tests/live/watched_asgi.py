"""The product's application, whose log has a line for each read of a room; `application` looks again soon at rights."""

import logging
import os
from collections.abc import Mapping, Sequence
from typing import Any

import django
from channels.routing import ProtocolTypeRouter
from django.core.handlers.asgi import ASGIHandler

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "snakeweb.settings")
django.setup(set_prefix=False)

from migrations_app.live.hub import View  # noqa: E402  models load only after django.setup()
from migrations_app.live.reads import SelectorReads  # noqa: E402
from migrations_app.live.routing import live_application  # noqa: E402

RECHECK_SECONDS = 0.5
logger = logging.getLogger("tests.live")


class LoggedReads(SelectorReads):
    async def events_after(self, run_id: int, after: int, limit: int) -> Sequence[Mapping[str, Any]]:
        logger.info("READ run %s after %s", run_id, after)
        return await super().events_after(run_id, after, limit)

    async def fragments(self, run_id: int, view: View) -> Mapping[str, str] | None:
        logger.info("RENDERED run %s for %s", run_id, view.key)
        return await super().fragments(run_id, view)


def with_sockets(sockets: Any) -> ProtocolTypeRouter:
    return ProtocolTypeRouter({"http": ASGIHandler(), "websocket": sockets})


application = with_sockets(live_application(recheck_seconds=RECHECK_SECONDS, reads=LoggedReads()))
as_in_production = with_sockets(live_application(reads=LoggedReads()))
