"""The actions of one move, called one after the other, each by a driver of its own."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from migrations_app.engine.handler import ActionContext
from migrations_app.engine.plan import Target
from migrations_app.engine.ports import RouteRecord
from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.handlers.session.zero_downtime.relay import Relay
from migrations_app.stores.routed.base import ALL_BUCKETS, Guard, RoutedStore, bucket_of
from migrations_app.stores.routed.opening import open_routed
from migrations_app.stores.sessions.records import SessionRecord
from migrations_app.testing.live import MemoryLive
from tests.handlers.session.contexts import Log, context
from tests.handlers.session.moves import ROUTE, fill, sessions
from tests.handlers.session.zero_downtime.moves import ZeroMove

ORDER = ("join", "journal", "dual_write", "transfer", "prove", "switch", "complete", "retire")


@dataclass
class Reporting(MemoryLive):
    """As if relay and verifier beside the steps had reported this very moment that nothing is amiss, unless `told`."""

    told: dict[str, dict[str, Any]] = field(default_factory=dict)

    def shown(self, route: str) -> Mapping[str, Mapping[str, Any]]:
        now = datetime.now(UTC).isoformat()
        quiet = {"relay": {"lag_p99_ms": 0}, "verifier": {"passes": 1, "diverging": 0, "clean_since": now}}
        reported = {name: {**values, **self.told.get(name, {}), "at": now} for name, values in quiet.items()}
        return {**self.panels, **reported}


class Stage:
    """`count` sessions in the source, an empty target, and a plain route; nothing goes on beside the actions."""

    def __init__(self, move: ZeroMove, count: int = 20) -> None:
        self.move = move
        self.token = 0
        self.results: dict[str, Mapping[str, Any]] = {}
        fill(move.source, sessions(count, ttl_ms=3_600_000))
        fill(move.target, [])
        stores = {"a": move.source.name, "b": move.target.name}
        move.routes.publish(RouteRecord(ROUTE, 1, RoutePhase.PLAIN_A, "a", stores), expected_epoch=None)
        self.results["prepare"] = {"sessions": count}

    @property
    def record(self) -> RouteRecord:
        record = self.move.route
        assert record is not None
        return record

    def context(self, step: str, **changes: Any) -> ActionContext:
        self.token += 1
        values = {"live": self.move.live, "results": self.results, **changes}
        log = values.pop("log", Log())
        return replace(context(self.move, step, token=self.token, **values), log=log)

    def do(self, step: str, **changes: Any) -> Mapping[str, Any]:
        ctx = self.context(step, **changes)
        self.results[step] = self.move.handler.actions()[ctx.step.action].do(ctx)
        return self.results[step]

    def undo(self, step: str, **changes: Any) -> ActionContext:
        ctx = self.context(step, **changes)
        self.move.handler.actions()[ctx.step.action].undo(ctx)
        return ctx

    def before(self, step: str) -> "Stage":
        """Everything that comes before `step` is done, and every gate would open."""
        for each in ORDER[: ORDER.index(step)]:
            self.do(each)
        return self

    def store(self, side: str) -> RoutedStore:
        target: Target = {"a": self.move.source, "b": self.move.target}[side]
        return open_routed(target.config, target.secrets)

    def write(self, session_id: str, value: bytes, *, plainly: bool = False) -> None:
        """As a client does that goes by the newest record, or as code does that knows none."""
        part = self.record.at(bucket_of(session_id))
        with self.store(part.authority) as store:
            store.write(SessionRecord(session_id, value), None if plainly else Guard(part.epoch, journaled=True))

    def carry(self) -> None:
        """What is marked in the source, as the relay does it."""
        self.token += 1
        with self.move.pair(self.token, "relay") as pair:
            Relay(pair.a, pair.b, pair.worker).carry(ALL_BUCKETS)
