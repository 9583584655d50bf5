"""What a command prints: colours and tables at a terminal, tab-separated lines or JSON for programs."""

import io
import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from rich.console import Console
from rich.markup import render
from rich.table import Table

from migrations_app.cli.words import line, plain


class _Console(Console):
    def on_broken_pipe(self) -> NoReturn:
        """Rich ends the process here with the status of a run that failed."""
        leave_output()
        raise BrokenPipeError


def _console() -> Console:
    return _Console(highlight=False, soft_wrap=not sys.stdout.isatty())


def speak_any_encoding() -> None:
    """What a stream's encoding lacks is written as its number: no title and no arrow ends a command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and not stream.encoding.lower().startswith("utf"):
            stream.reconfigure(errors="backslashreplace")


def leave_output() -> None:
    """Nobody reads standard output any more: what is left in its buffer goes nowhere, without a complaint."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


@dataclass(frozen=True, slots=True)
class Out:
    """`as_json`: the command prints one JSON document and nothing else. `quiet`: only the id of what was made."""

    as_json: bool = False
    quiet: bool = False
    console: Console = field(default_factory=_console)

    @property
    def for_people(self) -> bool:
        return not self.as_json and not self.quiet

    def json(self, document: Any) -> None:
        """One line, so that `watch` prints one a event and scripts can read lines."""
        text = json.dumps(document, ensure_ascii=not self.console.encoding.startswith("utf"))
        self.console.print(text, soft_wrap=True, markup=False, highlight=False)

    def say(self, text: str) -> None:
        """Markup is rendered on a terminal and taken out elsewhere. Texts of people come through `words.plain`."""
        if self.console.is_terminal:
            self.console.print(text, soft_wrap=True)
        else:
            self.raw(render(text).plain)

    def raw(self, text: str) -> None:
        """As it is, at any length."""
        self.console.print(text, soft_wrap=True, markup=False, highlight=False)

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[Any]], *, title: str = "") -> None:
        """Cells are texts or numbers, without markup."""
        if not self.console.is_terminal:
            cells = [[line(cell) for cell in row] for row in rows]
            self.raw("\n".join("\t".join(row) for row in [list(columns), *cells]))
            return
        drawn = Table(*columns, title=title or None, box=None, title_justify="left", padding=(0, 2, 0, 0))
        for row in rows:
            drawn.add_row(*(plain(cell) for cell in row))
        self.console.print(drawn)

    def fields(self, document: Mapping[str, Any]) -> None:
        """Name and value, a line each; what is empty is left out."""
        shown = [(name, value) for name, value in document.items() if value not in (None, "", [], {})]
        if not self.console.is_terminal:
            self.raw("\n".join(f"{name}\t{line(value)}" for name, value in shown))
            return
        grid = Table.grid(padding=(0, 2, 0, 0))
        for name, value in shown:
            grid.add_row(name, plain(value))
        self.console.print(grid)
