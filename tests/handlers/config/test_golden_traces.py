"""Golden recovery traces, as the engine's: die at every append, recover, and compare what is printed.

Write them anew with SNAKEWEB_GOLDEN=write, and read the diff.
"""

import itertools
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from migrations_app.engine.crash_points import Crash
from migrations_app.engine.errors import DataCorruption, StepFailed
from migrations_app.engine.events import Event, NewEvent
from migrations_app.testing.driving import LocalRun
from migrations_app.testing.interposing import Call, InterposedHandler, Moment
from tests.handlers.config.places import BEFORE, Rewrite

GOLDEN = Path(__file__).parent / "golden"


@dataclass(frozen=True)
class Scenario:
    """`edits`: somebody writes to a file right before the first undo."""

    name: str
    fails: tuple[Call, str] | None = None
    error: type[StepFailed] | type[DataCorruption] = StepFailed
    edits: bool = False

    def hook(self, rewrite: Rewrite) -> Callable[[Moment], None]:
        def watch(moment: Moment) -> None:
            if self.edits and moment.call is Call.UNDO and not moment.after:
                rewrite.lay({"prod.exs": b"import Config\n# mine\n"})
            if moment.after and (moment.call, moment.step) == self.fails:
                raise self.error(f"“{moment.step}” was made to fail.")

        return watch


SCENARIOS = (
    Scenario("success"),
    Scenario("fails_after_the_write", (Call.DO, "write")),
    Scenario("corruption", (Call.VERIFY, "verify"), DataCorruption),
    Scenario("edited_before_the_undo", (Call.DO, "verify"), edits=True),
)


@pytest.fixture(autouse=True)
def no_elixir(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("migrations_app.handlers.config.elixir.shutil.which", lambda _name: None)


def recovered(scenario: Scenario, place: Path, nth: int, *, after: bool) -> tuple[str, str]:
    """How the driver died ('' when it did not), and what is printed of the recovered run."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    rewrite = Rewrite(place)
    rewrite.lay()
    run = rewrite.begin()
    run.handler = InterposedHandler(rewrite.handler, scenario.hook(rewrite), [step.id for step in run.plan.steps])
    left, died = nth, ""

    def count(events: Sequence[Event] | Sequence[NewEvent]) -> None:
        nonlocal left, died
        left -= 1
        if left == 0:
            died = ", ".join(str(event.type) for event in events)
            raise Crash

    if after:
        run.memory.on_append = count
    else:
        run.memory.before_append = count
    while True:
        try:
            run.finish()
        except Crash:
            continue
        return died, "\n".join(lines(run, rewrite)) + "\n"


def lines(run: LocalRun, rewrite: Rewrite) -> Iterator[str]:
    view = run.view
    error = f": {view.error['type']}" if view.error else ""
    yield f"run {view.state}{error}"
    for step in view.steps:
        error = f" {step.error['type']}" if step.error else ""
        yield f"  {step.id} {step.state} attempt {step.attempt}{error}"
    for entry in view.instructions:
        yield f"  ! {entry['step']}: {len(entry['actions'])} actions"
    after = run.view.results.get("write", {}).get("changed", ())
    for name, content in rewrite.contents.items():
        fate = "as before" if content == BEFORE.get(name) else "edited" if b"# mine" in content else "written"
        yield f"  file {name}: {fate}{' (planned)' if name in after and fate == 'written' else ''}"


def trace(scenario: Scenario, place: Path) -> str:
    """One paragraph for each tree, headed by every death that leads to it next to each other."""
    found = [("undisturbed", recovered(scenario, place, 0, after=False)[1])]
    for nth in itertools.count(1):
        deaths = [(side, *recovered(scenario, place, nth, after=side == "after")) for side in ("before", "after")]
        found += [(f"dies {side} append {nth}: {died}", tree) for side, died, tree in deaths if died]
        if not any(died for _, died, _ in deaths):
            break
    groups = itertools.groupby(found, key=lambda each: each[1])
    return "\n".join("".join(f"== {how}\n" for how, _ in group) + tree for tree, group in groups)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_every_recovery_ends_as_written_down(scenario: Scenario, tmp_path: Path) -> None:
    found, path = trace(scenario, tmp_path / "place"), GOLDEN / f"{scenario.name}.txt"
    if os.environ.get("SNAKEWEB_GOLDEN") == "write":
        path.write_text(found, encoding="utf-8")
    assert found == path.read_text(encoding="utf-8")
