"""A `Live` in memory: a person's order, clients as they come, panels in a dict, background drivers as threads."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from migrations_app.engine.background import Background, BackgroundContext
from migrations_app.engine.errors import LeaseLost, MigrationError
from migrations_app.engine.interruptions import SliceOver
from migrations_app.engine.ports import RouteClient
from migrations_app.engine.vocabulary import CutoverOrder

LONGEST_REST_SECONDS = 0.2


@dataclass
class MemoryLive:
    """`followers` are asked for the route's clients. `want` starts nothing until `attend` has said how."""

    cutover: CutoverOrder = CutoverOrder.NONE
    limit: int = 0
    followers: Callable[[], Sequence[RouteClient]] = tuple
    panels: dict[str, dict[str, Any]] = field(default_factory=dict)
    wanted: list[str] = field(default_factory=list)
    hurried: int = 0
    _context: Callable[[str, Callable[[], None]], BackgroundContext] | None = None
    _drivers: Mapping[str, Background] = field(default_factory=dict)
    _threads: dict[str, threading.Thread] = field(default_factory=dict)
    _ending: threading.Event = field(default_factory=threading.Event)

    def attend(
        self,
        drivers: Mapping[str, Background],
        context: Callable[[str, Callable[[], None]], BackgroundContext],
    ) -> None:
        """From now on what is wanted is driven. `context(name, alive)` claims the driver's lease."""
        self._drivers, self._context = drivers, context

    def close(self) -> None:
        """Stop every background driver at its next batch, and wait for it."""
        self._ending.set()
        for thread in list(self._threads.values()):
            thread.join()
        self._threads.clear()
        self._ending.clear()

    def order(self) -> CutoverOrder:
        return self.cutover

    def most_a_second(self) -> int:
        return self.limit

    def clients(self, route: str) -> Sequence[RouteClient]:
        return self.followers()

    def want(self, *names: str) -> None:
        self.wanted += names
        for name in names:
            known = self._threads.get(name)
            if self._context is not None and (known is None or not known.is_alive()):
                self._threads[name] = threading.Thread(target=self._drive, args=[name], name=name, daemon=True)
                self._threads[name].start()

    def show(self, route: str, name: str, values: Mapping[str, Any]) -> None:
        self.panels[name] = {**values, "at": datetime.now(UTC).isoformat()}

    def shown(self, route: str) -> Mapping[str, Mapping[str, Any]]:
        return dict(self.panels)

    @contextmanager
    def urgent(self) -> Iterator[None]:
        self.hurried += 1
        yield

    def _drive(self, name: str) -> None:
        """As dispatcher and workers do it: slice after slice, until the driver says that it has ended."""
        assert self._context is not None  # noqa: S101 - `want` looked
        while not self._ending.is_set():
            try:
                wake_at = self._drivers[name].drive(self._context(name, self._alive))
            except (SliceOver, LeaseLost):
                continue
            except MigrationError:
                wake_at = datetime.now(UTC)
            if wake_at is None:
                return
            rest = (wake_at - datetime.now(UTC)).total_seconds()
            self._ending.wait(min(LONGEST_REST_SECONDS, max(0.01, rest)))

    def _alive(self) -> None:
        if self._ending.is_set():
            raise SliceOver
