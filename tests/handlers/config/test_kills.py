"""A driver that dies at every named place of the write and of its undo, with two files that change."""

from pathlib import Path

import pytest

from migrations_app.engine.crash_points import Crash, armed
from migrations_app.engine.errors import StepFailed
from migrations_app.engine.run_view import RunView
from migrations_app.engine.vocabulary import RunState
from migrations_app.testing.driving import LocalRun
from migrations_app.testing.interposing import Call, InterposedHandler, Moment
from tests.handlers.config.places import BEFORE, Rewrite

PLACES = [
    "config.write.kept",
    "files.staged:1",
    "files.staged:2",
    "files.before_rename:1",
    "files.before_rename:2",
    "files.renamed:1",
    "files.renamed:2",
]


@pytest.fixture(autouse=True)
def no_elixir(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("migrations_app.handlers.config.elixir.shutil.which", lambda _name: None)


@pytest.fixture
def rewrite(tmp_path: Path) -> Rewrite:
    made = Rewrite(tmp_path)
    made.lay()
    return made


def dies_once(run: LocalRun, point: str) -> RunView:
    with armed(f"{point}:raise"):
        with pytest.raises(Crash):
            run.finish()
        return run.finish()


def expected(rewrite: Rewrite) -> dict[str, bytes]:
    rewrite.begin(run_id=9).finish()
    after = rewrite.contents
    rewrite.lay()
    assert after["config.exs"] != BEFORE["config.exs"]
    assert after["prod.exs"] != BEFORE["prod.exs"]
    return after


@pytest.mark.parametrize("point", PLACES)
def test_the_next_driver_brings_the_write_to_its_end(rewrite: Rewrite, point: str) -> None:
    after = expected(rewrite)

    view = dies_once(rewrite.begin(), point)

    assert view.state is RunState.SUCCEEDED, view.error
    assert rewrite.contents == after


@pytest.mark.parametrize("point", PLACES[1:])
def test_the_next_driver_gives_back_what_a_dead_one_left_half_undone(rewrite: Rewrite, point: str) -> None:
    run = rewrite.begin()

    def fail(moment: Moment) -> None:
        if (moment.call, moment.step, moment.after) == (Call.DO, "verify", False):
            raise StepFailed("It was made to fail.")

    run.handler = InterposedHandler(rewrite.handler, fail, [step.id for step in run.plan.steps])
    name, _, number = point.partition(":")

    view = dies_once(run, f"{name}:{int(number) + 2}")  # the first two passings are those of the write

    assert view.state is RunState.ROLLED_BACK, view.error
    assert rewrite.contents == BEFORE
