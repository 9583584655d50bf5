"""Golden recovery traces: die at every append, recover, compare the printed tree (as steno's smoke tests do).

For each scenario the driver dies once before and once after each append of its journal; whatever it died of, the
recovered run is printed to `golden/<scenario>.txt`. Write them anew with SNAKEWEB_GOLDEN=write, and read the diff.
"""

import functools
import itertools
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from migrations_app.engine.crash_points import Crash
from migrations_app.engine.errors import DataCorruption, StepFailed
from migrations_app.engine.events import Event, EventType, NewEvent
from migrations_app.engine.vocabulary import RunKind
from migrations_app.testing.driving import LocalRun
from migrations_app.testing.interposing import Call, Moment
from tests.engine.toy import World, local_run
from tests.engine.tree import printed

GOLDEN = Path(__file__).parent / "golden"


@dataclass(frozen=True)
class Scenario:
    """`fails` are (call, step) pairs that fail each time, after their effect."""

    name: str
    fails: Sequence[tuple[Call, str]] = ()
    chosen: Mapping[str, Any] = field(default_factory=dict)
    error: type[StepFailed] | type[DataCorruption] = StepFailed
    kind: RunKind = RunKind.APPLY

    def hook(self, moment: Moment) -> None:
        if moment.after and (moment.call, moment.step) in self.fails:
            raise self.error(f"“{moment.step}” was made to fail.")

    def run(self, world: World) -> LocalRun:
        return local_run(world, self.hook, chosen=self.chosen, kind=self.kind)


_STEPS = ("look", "copy", "switch", "clean")
SCENARIOS = (
    Scenario("success"),
    Scenario("success_partitioned", chosen={"parallel_workers": 2}),
    Scenario("success_confirmed", chosen={"cleanup_source": True}),
    Scenario("dry_run", kind=RunKind.DRY_RUN),
    *(Scenario(f"fails_at_{step}", ((Call.DO, step),)) for step in _STEPS),
    *(Scenario(f"undo_fails_at_{step}", ((Call.DO, "clean"), (Call.UNDO, step))) for step in _STEPS),
    Scenario("corruption", ((Call.VERIFY, "switch"),), {"auto_rollback": False}, DataCorruption),
    Scenario("fails_partitioned", ((Call.DO, "copy"),), {"parallel_workers": 2}),
    Scenario("fails_without_rollback", ((Call.DO, "switch"),), {"auto_rollback": False}),
)


class _DiesOnce:
    """Kills the driver once, at the nth append; `after` says on which side of it."""

    def __init__(self, nth: int, *, after: bool) -> None:
        self.left = nth
        self.at: Sequence[str] = ()
        self.after = after

    def before_append(self, events: Sequence[NewEvent]) -> None:
        if not self.after:
            self._count([str(event.type) for event in events])

    def on_append(self, events: Sequence[Event]) -> None:
        if self.after:
            self._count([str(event.type) for event in events])

    def _count(self, names: Sequence[str]) -> None:
        self.left -= 1
        if self.left == 0:
            self.at = names
            raise Crash


def _recover(scenario: Scenario, death: _DiesOnce) -> tuple[LocalRun, World]:
    world = World()
    run = scenario.run(world)
    run.memory.before_append, run.memory.on_append = death.before_append, death.on_append
    while True:
        try:
            run.finish()
        except Crash:
            continue
        return run, world


@functools.cache
def _recoveries(name: str) -> Sequence[tuple[str, LocalRun, World]]:
    """(how the driver died, run, world) for every place there is, the undisturbed run first."""
    scenario = next(each for each in SCENARIOS if each.name == name)
    run, world = _recover(scenario, _DiesOnce(0, after=False))
    found = [("undisturbed", run, world)]
    for nth in range(1, len(run.memory.events) + 1):
        for side in ("before", "after"):
            death = _DiesOnce(nth, after=side == "after")
            recovered, end = _recover(scenario, death)
            if death.at:
                found.append((f"dies {side} append {nth}: {', '.join(death.at)}", recovered, end))
    return found


def _trace(name: str) -> str:
    """One paragraph for each tree, headed by every death that leads to it next to each other."""
    trees = [(how, printed(run.view, world)) for how, run, world in _recoveries(name)]
    parts = []
    for tree, group in itertools.groupby(trees, key=lambda each: each[1]):
        parts.append("".join(f"== {how}\n" for how, _ in group) + tree)
    return "\n".join(parts)


_each_scenario = pytest.mark.parametrize("name", [scenario.name for scenario in SCENARIOS])


@_each_scenario
def test_every_recovery_ends_as_written_down(name: str) -> None:
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("SNAKEWEB_GOLDEN") == "write":
        path.write_text(_trace(name), encoding="utf-8")
    assert _trace(name) == path.read_text(encoding="utf-8")


@_each_scenario
def test_every_recovery_ends_in_the_same_world_and_state(name: str) -> None:
    (_, expected, world), *others = _recoveries(name)
    for how, run, recovered in others:
        assert run.view.state is expected.view.state, how
        assert recovered.snapshot() == world.snapshot(), how
        assert [step.state for step in run.view.steps] == [step.state for step in expected.view.steps], how


def test_a_step_with_an_outcome_never_runs_again() -> None:
    for how, run, world in _recoveries("success"):
        died_while_looking = any(event.type is EventType.RUN_TAKEN_OVER for event in run.memory.events[2:5])
        assert world.done.count("look") <= (2 if died_while_looking else 1), how
        assert world.done.count("switch") <= 2, how
        assert all(world.done.count(f"copy {key}") <= 2 for key in world.source), how
