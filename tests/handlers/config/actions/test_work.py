"""What the steps share is shown by whole runs; here is the one thing that no run shows: a driver that was replaced."""

from pathlib import Path

import pytest

from migrations_app.engine.vocabulary import RunState
from tests.handlers.config.places import BEFORE, Rewrite


def test_a_driver_that_was_replaced_meanwhile_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It had staged the files; another one has claimed the run since, and this one hears of it before the rename."""
    rewrite = Rewrite(tmp_path)
    rewrite.lay()
    run = rewrite.begin()
    seen: list[dict[str, bytes]] = []

    def frozen(point: str) -> None:
        if point == "files.staged" and not seen:
            seen.append(rewrite.contents)
            run.memory.claim("run:1")

    monkeypatch.setattr("migrations_app.files.replace.reach", frozen)
    outcome = run.drive()

    assert seen
    assert str(outcome.kind) == "superseded"
    assert rewrite.contents == BEFORE
    assert run.finish().state is RunState.SUCCEEDED
