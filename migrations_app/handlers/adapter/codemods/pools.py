"""Pools of a Snakepit configuration that name an adapter, in any format: which it is, and its environment."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from migrations_app.configuration.document import Configuration
from migrations_app.configuration.editors import editor_of
from migrations_app.configuration.edits import Edit, Editor, NotEditable
from migrations_app.configuration.values import Entry, Expression, Literal, Sequence, Span, Table, Value
from migrations_app.handlers.adapter.codemods.environment import environment_edits
from migrations_app.handlers.adapter.codemods.naming import names_old
from migrations_app.handlers.adapter.codemods.switch import Refused, Switch
from migrations_app.handlers.adapter.facts import Lines

ARGUMENTS, SPEC, FLAG = "adapter_args", "adapter_spec", "--adapter"
_FALLBACK = "pool_config"


@dataclass(slots=True)
class PoolChanges:
    """`falls_back`: `pool_config` changes, whose arguments every pool takes that has none of its own."""

    edits: set[Edit] = field(default_factory=set)
    lines: list[Lines] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    falls_back: bool = False


def switch_pools(configuration: Configuration, path: str, switch: Switch) -> PoolChanges:
    """Of one file. Each pool changes as a whole, or not at all."""
    changes, editor = PoolChanges(), editor_of(configuration, path)
    for key, pool in _pools(configuration):
        try:
            edits, lines = _of_pool(configuration, path, editor, pool, switch)
        except _NotCertain as reason:
            changes.refused.append(reason.refused)
            continue
        changes.edits |= edits
        changes.lines += lines
        changes.falls_back = changes.falls_back or (bool(edits) and key == _FALLBACK)
    return changes


def follow_fallback(configuration: Configuration, path: str, switch: Switch) -> PoolChanges:
    """Pools without arguments of their own take those of `pool_config`, but not its environment."""
    changes, editor = PoolChanges(), editor_of(configuration, path)
    for key, pool in _pools(configuration):
        arguments = pool.get(ARGUMENTS)
        given = arguments is not None and not (isinstance(arguments.value, Sequence) and not arguments.value.items)
        if key == _FALLBACK or given or pool.get(SPEC) is not None or pool.get("name") is None:
            continue
        place = _lines(configuration, pool.span)
        try:
            edits = environment_edits(configuration, path, editor, pool, switch.configuration_path)
        except NotEditable as error:
            changes.refused.append(_environment(place, str(error)))
            continue
        changes.edits |= set(edits)
        changes.lines += [place] if edits else []
    return changes


class _NotCertain(Exception):
    def __init__(self, refused: Refused) -> None:
        super().__init__(refused)
        self.refused = refused


def _of_pool(
    configuration: Configuration, path: str, editor: Editor, pool: Table, switch: Switch
) -> tuple[set[Edit], list[Lines]]:
    """Raises _NotCertain."""
    edits: set[Edit] = set()
    lines: list[Lines] = []
    for name, find in ((ARGUMENTS, _in_arguments), (SPEC, _in_spec)):
        entry = pool.get(name)
        if entry is None:
            continue
        place = _lines(configuration, entry.span)
        found = find(entry, switch)
        if found is None and any(names_old(switch).search(one.source) for one in _expressions(entry.value)):
            message = f"What {name} is, is decided at run time, and the adapter is named in it."
            raise _NotCertain(Refused(place, "decided_at_run_time", message, "Change it by hand, and the environment."))
        if found is not None:
            value, written = found
            edits |= _replaced(configuration, path, editor, value, written, switch, place)
            lines.append(place)
    if edits:
        place = lines[0]
        try:
            edits |= set(environment_edits(configuration, path, editor, pool, switch.configuration_path))
        except NotEditable as error:
            raise _NotCertain(_environment(place, str(error))) from error
    return edits, lines


def _in_arguments(entry: Entry, switch: Switch) -> tuple[Literal, str] | None:
    """`["--adapter", "old"]`, `["--adapter=old"]`, words of `~w()`."""
    items = entry.value.items if isinstance(entry.value, Sequence) else ()
    before: object = None
    for item in items:
        text = item.value if isinstance(item, Literal) else None
        if isinstance(item, Literal) and before == FLAG and text == switch.old:
            return item, switch.new
        if isinstance(item, Literal) and text == f"{FLAG}={switch.old}":
            return item, f"{FLAG}={switch.new}"
        before = text
    return None


def _in_spec(entry: Entry, switch: Switch) -> tuple[Literal, str] | None:
    value = entry.value
    return (value, switch.new) if isinstance(value, Literal) and value.value == switch.old else None


def _replaced(
    configuration: Configuration, path: str, editor: Editor, value: Literal, written: str, switch: Switch, place: Lines
) -> set[Edit]:
    try:
        return set(editor.replace(value, written))
    except NotEditable as error:
        content = configuration.files[path].content[value.span.start : value.span.end]
        words = list(names_old(switch).finditer(content.decode("latin-1")))
        if len(words) != 1:
            raise _NotCertain(Refused(place, "shape", str(error), "Change it by hand.")) from error
        start = value.span.start + words[0].start()
        return {Edit(path, start, start + len(words[0].group()), switch.new.encode())}


def _pools(configuration: Configuration) -> Iterator[tuple[str, Table]]:
    """Every table in `pool_config` and `pools`, with the key of its setting."""
    for setting in configuration.settings:
        if setting.key in (_FALLBACK, "pools"):
            yield from ((setting.key, table) for table in _tables(setting.value))


def _tables(value: Value) -> Iterator[Table]:
    if isinstance(value, Table):
        yield value
    for inner in _inner(value):
        yield from _tables(inner)


def _expressions(value: Value) -> Iterator[Expression]:
    if isinstance(value, Expression):
        yield value
    for inner in _inner(value):
        yield from _expressions(inner)


def _inner(value: Value) -> tuple[Value, ...]:
    if isinstance(value, Table):
        return tuple(entry.value for entry in value.entries)
    return value.items if isinstance(value, Sequence) else ()


def _environment(place: Lines, why: str) -> Refused:
    message = f"The pool needs the file of the generic adapter in its environment. {why}"
    return Refused(
        place, "environment", message, "Add SNAKEPIT_GENERIC_ADAPTER to adapter_env, and change the adapter."
    )


def _lines(configuration: Configuration, span: Span) -> Lines:
    content = configuration.files[span.file].content
    return Lines(span.file, span.line, span.line + content.count(b"\n", span.start, span.end))
