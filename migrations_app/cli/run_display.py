"""A run on the screen: bars and the newest events at a terminal, a line an event elsewhere, JSON lines for programs."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from migrations_app.cli.terminal import Out
from migrations_app.cli.words import duration, plain

_MARKS = {"warning": "[yellow]![/yellow]", "error": "[red]✗[/red]"}


class RunDisplay(Protocol):
    """`event` and `state` are what the API says of a run. `away`: why there is no answer for the moment.
    `moves`: it shows how far the run is between two events."""

    moves: bool

    def event(self, event: Mapping[str, Any]) -> None: ...

    def state(self, state: Mapping[str, Any]) -> None: ...

    def away(self, why: str) -> None: ...


@contextmanager
def display(out: Out) -> Iterator[RunDisplay]:
    if out.quiet:
        yield _Silent(out)
    elif out.as_json:
        yield _Json(out)
    elif not out.console.is_terminal:
        yield _Lines(out)
    else:
        with _bars(out.console) as progress:
            yield _Screen(progress)


class _Silent:
    moves = False

    def __init__(self, out: Out) -> None:
        self._out = out

    def event(self, event: Mapping[str, Any]) -> None:
        """Only the end counts."""

    def state(self, state: Mapping[str, Any]) -> None:
        """As above."""

    def away(self, why: str) -> None:
        """As above."""


class _Json(_Silent):
    def event(self, event: Mapping[str, Any]) -> None:
        self._out.json(event)


class _Lines(_Silent):
    def event(self, event: Mapping[str, Any]) -> None:
        self._out.say(_line(event))

    def away(self, why: str) -> None:
        self._out.say(f"         ! {plain(why)} Trying on.")


class _Screen:
    """The whole run, and the step at work beneath it."""

    moves = True

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._run = progress.add_task("run", total=100, note="")
        self._step = progress.add_task("", total=100, note="", visible=False)

    def event(self, event: Mapping[str, Any]) -> None:
        self._progress.console.print(_line(event), soft_wrap=True)

    def state(self, state: Mapping[str, Any]) -> None:
        done = f"{state['steps_completed']} of {state['steps_total']} steps"
        remaining = f", {duration(state['eta_seconds'])} to go" if state["eta_seconds"] is not None else ""
        waits = f", {plain(state['waits'])}" if state["waits"] else ""
        self._progress.update(
            self._run,
            description=plain(f"run {state['id']} {state['state'].replace('_', ' ')}"),
            completed=state["percentage"],
            note=f"{done}{remaining}{waits}",
        )
        at_work = next((step for step in state["steps"] if step["state"] in ("running", "undoing")), None)
        if at_work is None:
            self._progress.update(self._step, visible=False)
            return
        total = at_work["total"] or None
        self._progress.update(
            self._step,
            visible=True,
            description=plain(at_work["title"]),
            total=total,
            completed=min(at_work["done"] or 0, total or 0),
            note=f"{at_work['done']:,} of {total:,}" if total else "",
        )

    def away(self, why: str) -> None:
        self._progress.update(self._run, note="[yellow]Snakeweb does not answer; trying on[/yellow]")


def _bars(console: Console) -> Progress:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        TaskProgressColumn(),
        TextColumn("{task.fields[note]}"),
        TimeElapsedColumn(),
    )
    return Progress(*columns, console=console, refresh_per_second=4)


def _line(event: Mapping[str, Any]) -> str:
    clock = str(event["at"])[11:19]
    mark = _MARKS.get(str(event["level"]), " ")
    return f"{clock} {mark} {plain(event['text'])}"
