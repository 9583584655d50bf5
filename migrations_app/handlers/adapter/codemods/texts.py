"""Files that are no Python: configurations in every format, Elixir code, and what is read line by line."""

import posixpath
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from migrations_app.configuration.document import Configuration
from migrations_app.configuration.edits import Edit, EditsOverlap, applied
from migrations_app.configuration.formats.elixir.reader import parsed
from migrations_app.configuration.formats.text import Text, nested_too_deep, unreadable
from migrations_app.configuration.problems import Severity
from migrations_app.configuration.reading import DOCUMENTS, read
from migrations_app.handlers.adapter.codemods.elixir_calls import ElixirCalls, strings
from migrations_app.handlers.adapter.codemods.lines import ADVICE, is_read, refused_lines
from migrations_app.handlers.adapter.codemods.naming import mentions_old, names_old
from migrations_app.handlers.adapter.codemods.pools import follow_fallback, switch_pools
from migrations_app.handlers.adapter.codemods.switch import Refused, Rewrite, Rewrites, Switch
from migrations_app.handlers.adapter.facts import Lines
from migrations_app.sources.places import SourceTooDeep

_ELIXIR = (".ex", ".exs")


@dataclass(slots=True)
class _File:
    path: str
    content: bytes
    edits: set[Edit] = field(default_factory=set)
    lines: set[Lines] = field(default_factory=set)
    refused: list[Refused] = field(default_factory=list)
    configuration: Configuration | None = None

    @property
    def is_elixir(self) -> bool:
        return self.path.endswith(_ELIXIR)

    def read(self) -> Configuration | None:
        if self.configuration is None and _is_configuration(self.path):
            self.configuration = read(self.path, self.content)
        return self.configuration

    def add(self, edits: Iterable[Edit], lines: Iterable[Lines], refused: Iterable[Refused]) -> None:
        self.edits |= set(edits)
        self.lines |= set(lines)
        self.refused += refused


def rewrite_texts(files: Mapping[str, bytes], switch: Switch) -> Rewrites:
    several = {path: _File(path, files[path]) for path in sorted(files) if _concerns(path, files[path], switch)}
    fallen_back: set[str] = set()
    for file in several.values():
        configuration = file.read() if mentions_old(file.content, switch) else None
        if configuration is not None:
            changes = switch_pools(configuration, file.path, switch)
            file.add(changes.edits, changes.lines, changes.refused)
            if changes.falls_back:
                fallen_back.add(posixpath.dirname(file.path))
    for path, content in files.items():
        if posixpath.dirname(path) in fallen_back and _is_configuration(path) and b"pools" in content:
            file = several.setdefault(path, _File(path, content))
            if (known := file.read()) is not None:
                changes = follow_fallback(known, path, switch)
                file.add(changes.edits, changes.lines, changes.refused)
    for file in several.values():
        if file.is_elixir:
            _elixir(file, switch)
        else:
            done = [*file.lines, *(one.lines for one in file.refused)]
            file.refused += refused_lines(file.path, file.content, switch, done)
    changed = [rewritten for path in sorted(several) if (rewritten := _rewritten(several[path])) is not None]
    refused = {one for file in several.values() for one in file.refused}
    return Rewrites(tuple(changed), tuple(sorted(refused)))


def _concerns(path: str, content: bytes, switch: Switch) -> bool:
    if path.endswith(_ELIXIR) and switch.renamed and b"Snakepit" in content:
        return True
    return (_is_configuration(path) or is_read(path)) and mentions_old(content, switch)


def _is_configuration(path: str) -> bool:
    return path.endswith((*_ELIXIR, *DOCUMENTS))


def _elixir(file: _File, switch: Switch) -> None:
    text = Text(file.path, file.content)
    root = parsed(file.content)
    if unreadable(file.path, file.content) or nested_too_deep(text, root) or root.has_error:
        file.refused.append(_unread(file.path))
        return
    if switch.renamed:
        try:
            changes = ElixirCalls(text, root, switch).change()
        except SourceTooDeep:
            file.refused.append(_unread(file.path))
            return
        file.add(changes.edits, changes.lines, changes.refused)
    named = names_old(switch)
    for node in strings(root):
        lines = Lines(file.path, node.start_point.row + 1, node.end_point.row + 1)
        covered = any(edit.start >= node.start_byte and edit.end <= node.end_byte for edit in file.edits)
        said = any(one.lines.first <= lines.first and lines.last <= one.lines.last for one in file.refused)
        if not covered and not said and named.search(text.of(node)):
            message = "A text names the adapter outside of a pool that is written out."
            file.refused.append(Refused(lines, "named", message, ADVICE))


def _unread(path: str) -> Refused:
    message = "It is not valid, or nested too deep. It may name the adapter."
    return Refused(Lines(path, 1, 1), "unread", message, "Look through it by hand, or mend it and plan again.")


def _rewritten(file: _File) -> Rewrite | None:
    """What would not be read afterwards is not written."""
    if not file.edits:
        return None
    try:
        after = applied(file.content, sorted(file.edits))
    except EditsOverlap:
        after = b""
    if not after or not _holds(file, after):
        message = "The places of this file cannot be changed together."
        file.refused += [Refused(lines, "shape", message, "Change them by hand.") for lines in file.lines]
        return None
    return Rewrite(file.path, file.content, after, tuple(sorted(file.lines)))


def _holds(file: _File, after: bytes) -> bool:
    if file.is_elixir:
        return not parsed(after).has_error
    before = file.configuration
    problems = [one for one in read(file.path, after).problems if one.severity is Severity.ERROR]
    return before is not None and len(problems) <= sum(one.severity is Severity.ERROR for one in before.problems)
