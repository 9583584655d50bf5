"""The kit that every handler passes, over SQLite files: into empty tables, into none, and over others' rows."""

from collections.abc import Mapping
from typing import Any

import pytest

from migrations_app.engine.handler import Handler, Spec
from migrations_app.handlers.data.handler import DataMigration
from migrations_app.testing.contract import HandlerContract
from tests.handlers.data.moves import Move, change, everything, shop
from tests.handlers.quick_disk import quick_disk


class TestDataHandlerContract(HandlerContract):
    """The target has the tables, empty."""

    parameters: Mapping[str, Any] = {"chunk_rows": 40}
    most_lines = 70  # in each world at others

    @pytest.fixture(autouse=True)
    def place(self) -> Any:
        with quick_disk() as self.directory:
            yield

    def make_handler(self) -> Handler:
        return DataMigration()

    def reset(self) -> None:
        self.source = shop(self.directory / "old.db", people=20)
        self.target = shop(self.directory / "new.db", filled=False)

    def make_spec(self) -> Spec:
        return Move(self.source, self.target, self.parameters).spec

    def snapshot(self) -> Any:
        return everything(self.target), everything(self.source), sorted(path.name for path in self.directory.iterdir())

    def test_it_changes_something(self) -> None:
        self.reset()
        before = self.snapshot()
        assert self.settled() != before


class TestDataHandlerContractIntoNothing(TestDataHandlerContract):
    """The target has no table."""

    turn = 1

    def reset(self) -> None:
        self.source = shop(self.directory / "old.db", people=20)
        self.target = shop(self.directory / "new.db", schema="", filled=False)


class TestDataHandlerContractOverOthersRows(TestDataHandlerContract):
    """The target holds rows that give way, and come back."""

    parameters = {"chunk_rows": 40, "existing": "empty"}
    turn = 2

    def reset(self) -> None:
        super().reset()
        self.target = shop(self.directory / "new.db", people=7)
        change(self.target, "DELETE FROM notes")
