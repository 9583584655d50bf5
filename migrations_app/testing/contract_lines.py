# ruff: noqa: S101  (part of a test class: pytest is what reads its asserts)
"""Killing the driver between the lines of the handler's own code.

A death is an exception that passes through `except Exception`; `finally` blocks and context managers still end, as they
do not when a machine loses its power. What must hold without them is for crash points with the action `exit`.
"""

import sys
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

from migrations_app.engine.crash_points import Crash
from migrations_app.engine.errors import StepFailed
from migrations_app.engine.handler import Action
from migrations_app.engine.run_view import RunView
from migrations_app.engine.vocabulary import RunState, Signal, StepState
from migrations_app.testing.contract_world import Questions, ended, failing
from migrations_app.testing.driving import LocalRun
from migrations_app.testing.interposing import Call

Place = tuple[str, int]


class Lines:
    """Counts the lines that are passed beneath `homes`, and dies, or fails, before the nth passing of one."""

    def __init__(
        self, homes: tuple[str, ...], at: Place | None = None, nth: int = 0, error: type[BaseException] = Crash
    ) -> None:
        self.passed: Counter[Place] = Counter()
        self._homes = homes
        self._at, self._nth, self._error = at, nth, error
        self._before: Any = None

    def __enter__(self) -> "Lines":
        self._before = sys.gettrace()
        sys.settrace(self._call)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        sys.settrace(self._before)

    def _call(self, frame: FrameType, event: str, argument: Any) -> Any:
        return self._line if frame.f_code.co_filename.startswith(self._homes) else None

    def _line(self, frame: FrameType, event: str, argument: Any) -> Any:
        if event == "line":
            place = (frame.f_code.co_filename, frame.f_lineno)
            self.passed[place] += 1
            if place == self._at and self.passed[place] == self._nth and (self._error is Crash or _acting(frame)):
                raise self._error("This line was made to fail.")
        return self._line


def _acting(frame: FrameType | None) -> bool:
    """Whether this line serves an action that brings its effect about or looks at it: there errors are expected."""
    while frame is not None:
        if frame.f_code.co_name in ("do", "verify") and isinstance(frame.f_locals.get("self"), Action):
            return True
        frame = frame.f_back
    return False


def _has_way_back(run: LocalRun) -> bool:
    begun = {step.id for step in run.view.steps if step.state is not StepState.PENDING}
    return all(step.reversible for step in run.plan.steps if step.id in begun)


class DeathsBetweenLines(Questions):
    def test_a_driver_may_die_between_any_two_lines(self) -> None:
        if not self.most_lines:
            return
        expected = self.settled()
        for place, nth in self._places(self._passed(self._forward)):
            self.reset()
            view = self._killed(self._forward(), place, nth)
            when = f"after a death before line {place[1]} of {Path(place[0]).name}, passing {nth}"
            ended(view, RunState.SUCCEEDED, when)
            self.same(expected, when)

    def test_a_driver_may_die_between_any_two_lines_of_an_undo(self) -> None:
        if not self.most_lines or not self.last_with_a_way_back():
            return
        last = self.last_with_a_way_back()
        self.settled()  # what a process remembers of a first run lets later ones pass other lines
        forward = self._passed(self._forward)
        undoing = self._passed(partial(self._back, last)) - forward
        for place, nth in self._places(undoing):
            self.reset()
            before = self.snapshot()
            view = self._killed(self._back(last), place, nth + forward[place])
            when = f"after a death before line {place[1]} of {Path(place[0]).name} in the way back"
            ended(view, RunState.ROLLED_BACK, when)
            self.same(before, when)

    def test_whatever_was_half_done_is_taken_back(self) -> None:
        """By turns: the driver dies before a line and somebody cancels the run, and the line itself fails."""
        if not self.most_lines or not self.last_with_a_way_back():
            return
        expected = self.settled()
        for number, (place, nth) in enumerate(self._places(self._passed(self._forward))):
            self.reset()
            before, run = self.snapshot(), self._forward()
            where = f"line {place[1]} of {Path(place[0]).name}, passing {nth}"
            if number % 2:
                when = f"after {where} failed"
                with Lines(self._homes(), place, nth, StepFailed):
                    view = run.finish()
            else:
                when = f"after a death before {where}, and a cancel"
                view = self._cancelled(run, place, nth)
            if view.state is RunState.SUCCEEDED:  # past the way back, or the handler has an answer to that failure
                self.same(expected, when)
            elif _has_way_back(run):
                ended(view, RunState.ROLLED_BACK, when)
                self.same(before, when)

    def _cancelled(self, run: LocalRun, place: Place, nth: int) -> RunView:
        with Lines(self._homes(), place, nth), suppress(Crash):
            run.finish()
        if _has_way_back(run):
            run.signal(Signal.ROLL_BACK)
        return run.finish()

    def _forward(self) -> LocalRun:
        return self.make_run()

    def _back(self, last: str) -> LocalRun:
        return self.make_run(hook=failing(Call.DO, last, StepFailed))

    def _homes(self) -> tuple[str, ...]:
        """Where the handler's own code lies: the folders of its module and of those of its actions."""
        handler = self.make_handler()
        kinds = {type(handler), *map(type, handler.actions().values())}
        files = [Path(str(sys.modules[kind.__module__].__file__)) for kind in kinds]
        return tuple(sorted({f"{file.parent}/" for file in files}))

    def _passed(self, make_run: Callable[[], LocalRun]) -> Counter[Place]:
        self.reset()
        run = make_run()
        with Lines(self._homes()) as lines:
            run.finish()
        assert lines.passed, f"the run passed no line beneath {self._homes()}"
        return lines.passed

    def _places(self, passed: Counter[Place]) -> Sequence[tuple[Place, int]]:
        """The first, the second and the last passing of each line, thinned out to `most_lines`, from `turn` on."""
        every = [(place, nth) for place, times in sorted(passed.items()) for nth in sorted({1, min(2, times), times})]
        stride = max(1, -(-len(every) // self.most_lines))
        return every[self.turn % stride :: stride]

    def _killed(self, run: LocalRun, place: Place, nth: int) -> RunView:
        with Lines(self._homes(), place, nth):
            try:
                return run.finish()
            except Crash:
                pass
        return run.finish()
