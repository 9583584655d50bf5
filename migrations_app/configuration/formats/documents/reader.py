"""A configuration of one document: read into a table, whose entries are the application's keys."""

import posixpath
from collections.abc import Callable
from itertools import pairwise

from migrations_app.configuration.document import CallForm, ConfigFile, Configuration, FileFormat, Setting
from migrations_app.configuration.formats.text import Text, unreadable
from migrations_app.configuration.problems import ConfigProblem, Severity
from migrations_app.configuration.values import Entry, Sequence, Table, Value

APPLICATION = "snakepit"


class Refused(Exception):
    """Nothing of a document is read, and why."""

    def __init__(self, *problems: ConfigProblem) -> None:
        super().__init__(*problems)
        self.problems = problems


Tree = Callable[[Text], tuple[Table, tuple[ConfigProblem, ...]]]
"""The outermost table of a document, and what is to be said of it. Raises Refused."""


def read_document(path: str, content: bytes, kind: FileFormat, tree: Tree) -> Configuration:
    path = posixpath.normpath(path)
    files = {path: ConfigFile(path, kind, content)}
    refused = unreadable(path, content)
    if refused is not None:
        return Configuration(files, (), problems=(refused,))
    try:
        root, problems = tree(Text(path, content))
    except Refused as refusal:
        return Configuration(files, (), problems=refusal.problems)
    own = next((entry for entry in reversed(root.entries) if entry.name == APPLICATION), None)
    table = root if own is None else own.value
    if own is None:
        problems += (_at_the_top(root),)
    if not isinstance(table, Table):
        empty = isinstance(table, Sequence) and not table.items
        return Configuration(files, (), problems=(*problems, *(() if empty else (_no_table(table),))))
    settings = tuple(
        Setting(entry.name, entry.value, CallForm.DOCUMENT, entry.span, entry.key.span, table.span)
        for entry in table.entries
    )
    return Configuration(files, settings, problems=(*problems, *_twice(table)))


def refusal(text: Text, code: str, start: int, end: int, message: str, suggestion: str) -> ConfigProblem:
    return ConfigProblem(
        code, Severity.ERROR, "", f"{message} Nothing of {text.path} was read.", suggestion, text.span(start, end)
    )


def _at_the_top(root: Table) -> ConfigProblem:
    return ConfigProblem(
        "keys-at-the-top",
        Severity.NOTICE,
        "",
        f"There is no key `{APPLICATION}`, so that every key at the top was read as one of Snakepit's.",
        f"Put them under `{APPLICATION}` if the file holds other things too.",
        root.span,
    )


def _no_table(value: Value) -> ConfigProblem:
    return ConfigProblem(
        "not-a-mapping",
        Severity.ERROR,
        "",
        f"`{APPLICATION}` holds no keys but a single value.",
        "Give the keys of Snakepit with their values.",
        value.span,
    )


def _twice(table: Value) -> tuple[ConfigProblem, ...]:
    """In any table of the document: which of them holds differs from reader to reader."""
    if isinstance(table, Sequence):
        return tuple(problem for item in table.items for problem in _twice(item))
    if not isinstance(table, Table):
        return ()
    ordered = sorted(table.entries, key=lambda entry: (entry.name, entry.span.start))
    found = tuple(_again(second) for first, second in pairwise(ordered) if first.name == second.name)
    return found + tuple(problem for entry in table.entries for problem in _twice(entry.value))


def _again(entry: Entry) -> ConfigProblem:
    return ConfigProblem(
        "key-twice",
        Severity.ERROR,
        entry.name,
        f"`{entry.name}` stands twice in one mapping; which of them holds differs from reader to reader.",
        "Keep one of them.",
        entry.span,
    )
