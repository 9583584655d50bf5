"""The zero-downtime steps keep what every handler keeps: see the kit. SQLite to SQLite, nothing beside the steps."""

from typing import Any

import pytest

from migrations_app.engine.handler import Handler, Spec
from migrations_app.engine.ports import Live
from migrations_app.handlers.session.handler import SessionMigration
from migrations_app.testing.contract import HandlerContract
from migrations_app.testing.driving import LocalRun
from tests.handlers.quick_disk import quick_disk
from tests.handlers.session.moves import KEY, ROUTE, content, fill, place, sessions
from tests.handlers.session.zero_downtime.actions.stage import Reporting
from tests.handlers.session.zero_downtime.moves import ZeroMove

RECORDS = sessions(6, ttl_ms=3_600_000)


class TestZeroDowntimeContract(HandlerContract):
    most_lines = 6  # each is a run over real files or servers

    @pytest.fixture(autouse=True)
    def world(self) -> Any:
        with quick_disk() as directory:
            self.directory = directory
            old, new = (
                place({"store": "sqlite", "path": str(directory / f"{name}.db")}, name=name) for name in ("old", "new")
            )
            options = {"batch_size": 3, "parallel_workers": 1, "cleanup_source": True}
            self.move = ZeroMove(old, new, options=options, parameters={"settle_ms": 0}, background=False)
            yield

    def make_handler(self) -> Handler:
        return SessionMigration()

    def reset(self) -> None:
        self.__dict__.pop("run", None)
        for path in self.directory.glob("*.db*"):
            path.unlink()
        fill(self.move.source, RECORDS)

    def make_spec(self) -> Spec:
        return self.move.spec

    def live(self) -> Live:
        return Reporting()

    def make_run(self, **options: Any) -> LocalRun:
        self.run = super().make_run(**options)
        return self.run

    def snapshot(self) -> Any:
        """Deadlines may be a millisecond apart on the two sides: the clocks are two."""
        record = self.run.routes.get(ROUTE) if hasattr(self, "run") else None
        held = [{id_: value for id_, (value, _) in content(at).items()} for at in (self.move.source, self.move.target)]
        return (*held, record.authority if record else "a", bool(record and record.fenced))

    def extra(self) -> dict[str, Any]:
        return {"fingerprint_key": KEY}
