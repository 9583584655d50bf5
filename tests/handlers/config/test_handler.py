"""The kit that every handler passes, over files on a disk: a conversion, one with edits kept, and a restore."""

import shutil
from collections.abc import Mapping
from typing import Any

import pytest

from migrations_app.engine.handler import Handler, Spec
from migrations_app.handlers.config.handler import ConfigMigration
from migrations_app.testing.contract import HandlerContract
from tests.handlers.config.places import Rewrite
from tests.handlers.quick_disk import quick_disk


@pytest.fixture(autouse=True)
def no_elixir(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hundreds of runs: what Elixir itself says is shown in test_elixir and test_journey."""
    monkeypatch.setattr("migrations_app.handlers.config.elixir.shutil.which", lambda _name: None)


class TestConfigHandlerContract(HandlerContract):
    most_lines = 15  # each is a run over real files or servers

    parameters: Mapping[str, Any] = {}

    @pytest.fixture(autouse=True)
    def place(self) -> Any:
        with quick_disk() as directory:
            self.rewrite = Rewrite(directory / "place", self.parameters)
            self.rewrite.place.mkdir()
            yield

    def make_handler(self) -> Handler:
        return ConfigMigration()

    def reset(self) -> None:
        shutil.rmtree(self.rewrite.place)
        self.rewrite.place.mkdir()
        self.rewrite.lay()

    def make_spec(self) -> Spec:
        return self.rewrite.spec

    def snapshot(self) -> Any:
        """Contents and permissions of everything there, so that nothing may be left beside the files."""
        return {path.name: (path.stat().st_mode, path.read_bytes()) for path in sorted(self.rewrite.place.iterdir())}

    def test_it_changes_something(self) -> None:
        self.reset()
        before = self.snapshot()
        assert self.settled() != before


class TestConfigHandlerContractWithEditsKept(TestConfigHandlerContract):
    parameters = {"local_edits": "keep"}
