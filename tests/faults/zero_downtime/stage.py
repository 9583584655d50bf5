"""Pairs of stores for journeys, and the usual beginning of a scenario."""

import itertools
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from migrations_app.testing.proxy import TcpProxy
from migrations_app.testing.servers import PostgresServer
from tests.faults.zero_downtime.journey import Journey
from tests.faults.zero_downtime.places import Place, PostgresPlace, RedisPlace, SqlitePlace
from tests.faults.zero_downtime.plane import Plane
from tests.faults.zero_downtime.rig import Rig

_NUMBERS = itertools.count(1)  # a fault may set several stages, over one control database


class Stage:
    """A control plane, and servers that are started when somebody needs them."""

    def __init__(self, rig: Rig, plane: Plane, stack: ExitStack | None = None) -> None:
        self.rig = rig
        self.plane = plane
        self._stack = stack or ExitStack()
        self._postgres: PostgresServer | None = None

    @property
    def postgres(self) -> PostgresServer:
        if self._postgres is None:
            server = PostgresServer(self.rig.directory / "postgres")
            self._postgres = self._stack.enter_context(server)
        return self._postgres

    def place(self, kind: str, *, proxied: bool = False, ahead_ms: int = 0, **options: Any) -> Place:
        """A new, empty one: `redis`, `postgres` or `sqlite`. `proxied`: workers reach it through its proxy.

        `ahead_ms`: how far the clock of a Redis is ahead.
        """
        name = f"{kind}-{next(_NUMBERS)}"
        place: Place
        if kind == "redis":
            place = RedisPlace(name, self.rig.directory, options=options, ahead_ms=ahead_ms)
        elif kind == "postgres":
            place = PostgresPlace(name, self.postgres)
        else:
            place = SqlitePlace(name, self.rig.directory)
        if proxied:
            config = place.config()
            place.proxy = TcpProxy(config["host"], config["port"]).start()
        return place

    def journey(self, source: str = "redis", target: str = "postgres", *, name: str = "", **values: Any) -> Journey:
        """`source` and `target` as kinds; with a `~` before, workers reach it through a proxy."""
        places = [self.place(kind.removeprefix("~"), proxied=kind.startswith("~")) for kind in (source, target)]
        return self.between(*places, name=name, **values)

    def between(self, source: Place, target: Place, *, name: str = "", **values: Any) -> Journey:
        return Journey(self.plane, source, target, name=name or f"route-{next(_NUMBERS)}", **values)


@contextmanager
def stage(rig: Rig, *, workers: int = 2, database_url: str = "") -> Iterator[Stage]:
    """A running control plane with so many workers, `worker-1` and on."""
    with ExitStack() as stack:
        plane = stack.enter_context(Plane(rig, database_url=database_url))
        for number in range(1, workers + 1):
            plane.start_worker(f"worker-{number}")
        plane.ready()
        yield Stage(rig, plane, stack)
