"""A web process that is told to stop answers what was asked of it before, and takes nothing new.

Daphne cancels every request at the moment of SIGTERM. Here it first closes its port, so that a proxy goes elsewhere or
waits, and then gives what is under way its time. Sockets are cut at the end: a page asks again from where it stands.
"""

import asyncio
import logging
from typing import Any

from daphne.cli import CommandLineInterface
from daphne.http_protocol import WebRequest
from twisted.internet import defer

from migrations_app.runtime.ending import process_ending
from migrations_app.web.access_log import RedactingServer

logger = logging.getLogger(__name__)

LONGEST_SECONDS = 10.0  # for requests under way; below what init systems and Docker wait before they kill
QUIET_SECONDS = 0.3  # so long nothing may be under way: a request that is still arriving is not one yet
LOOK_EVERY = 0.05


class DrainingServer(RedactingServer):
    def __init__(self, *words: Any, **options: Any) -> None:
        super().__init__(*words, **options)
        self._ports: list[Any] = []

    def listen_success(self, port: Any) -> None:
        self._ports.append(port)
        super().listen_success(port)

    def kill_all_applications(self) -> defer.Deferred[Any]:
        """Before shutdown, which waits for what this returns."""
        process_ending.set()
        return defer.Deferred.fromFuture(asyncio.ensure_future(self._drain()))

    async def _drain(self) -> None:
        for port in self._ports:
            port.doRead()  # who was let in by the system already would be thrown out with the port
            await defer.maybeDeferred(port.stopListening).asFuture(asyncio.get_running_loop())
        await self._quiet()
        left = [running for details in self.connections.values() if (running := _running(details))]
        for running in left:
            running.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _quiet(self) -> None:
        clock = asyncio.get_running_loop()
        ends, quiet_since = clock.time() + LONGEST_SECONDS, clock.time()
        while (now := clock.time()) - quiet_since < QUIET_SECONDS:
            if self._under_way():
                quiet_since = now
            if now > ends:
                logger.warning("%d requests were cut off after %.0f s", self._under_way(), LONGEST_SECONDS)
                return
            await asyncio.sleep(LOOK_EVERY)

    def _under_way(self) -> int:
        return sum(
            isinstance(protocol, WebRequest) and "disconnected" not in details
            for protocol, details in self.connections.items()
        )


def _running(details: dict[str, Any]) -> asyncio.Future[Any] | None:
    instance: asyncio.Future[Any] | None = details.get("application_instance")
    return None if instance is None or instance.done() else instance


def drain_at_the_end() -> None:
    """For this process's server: daphne's command makes one of the class that it names, after this was imported."""
    CommandLineInterface.server_class = DrainingServer
