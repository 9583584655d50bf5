"""The session handler keeps what every handler keeps: see the kit. Redis to Redis, for the many runs that it makes."""

from dataclasses import replace
from typing import Any

import pytest

from migrations_app.engine.handler import Handler, Spec
from migrations_app.handlers.session.handler import SessionMigration
from migrations_app.stores.sessions.records import UNVERSIONED
from migrations_app.testing.contract import HandlerContract
from migrations_app.testing.driving import LocalRun
from migrations_app.testing.servers import RedisServer
from tests.handlers.session.moves import KEY, ROUTE, Move, content, fill, place, sessions

RECORDS = [replace(record, version=UNVERSIONED) for record in sessions(24)]


class TestSessionHandlerContract(HandlerContract):
    most_lines = 15  # each is a run over real files or servers

    @pytest.fixture(autouse=True)
    def world(self, redis_server: RedisServer) -> None:
        self.server = redis_server
        source = place(redis_server.config(prefix="old:"), redis_server.secrets, name="old")
        target = place(redis_server.config(prefix="new:", layout="hash"), redis_server.secrets, name="new")
        options = {"batch_size": 12, "parallel_workers": 2, "cleanup_source": True}
        self.move = Move(source, target, options=options, parameters={"catch_up_passes": 1})

    def make_handler(self) -> Handler:
        return SessionMigration()

    def reset(self) -> None:
        self.__dict__.pop("run", None)
        self.server.command("FLUSHALL")
        fill(self.move.source, RECORDS)

    def make_spec(self) -> Spec:
        return self.move.spec

    def make_run(self, **options: Any) -> LocalRun:
        self.run = super().make_run(**options)
        return self.run

    def snapshot(self) -> Any:
        route = self.run.routes.get(ROUTE) if hasattr(self, "run") else None
        return content(self.move.source), content(self.move.target), route.authority if route else "a"

    def extra(self):
        return {"fingerprint_key": KEY}
