"""The generic adapter's file in the environment of a pool: put in beside what is there, never twice."""

from typing import Final

from migrations_app.configuration.document import Configuration, FileFormat
from migrations_app.configuration.edits import Edit, Editor, New, NotEditable
from migrations_app.configuration.formats.documents.json_tree import parsed_json
from migrations_app.configuration.formats.elixir.reader import parsed
from migrations_app.configuration.formats.elixir.rendering import render
from migrations_app.configuration.formats.insertion import element_inserted
from migrations_app.configuration.formats.layout import Layout
from migrations_app.configuration.formats.text import Text
from migrations_app.configuration.values import Form, Literal, Sequence, Table, Value
from migrations_app.handlers.adapter.generic.adapter import VARIABLE

KEY: Final = "adapter_env"


def environment_edits(
    configuration: Configuration, path: str, editor: Editor, pool: Table, file: str
) -> tuple[Edit, ...]:
    """None when it is there already. Raises NotEditable where what is there is decided at run time."""
    kind = configuration.files[path].format
    entry = pool.get(KEY)
    whole = _whole(kind, file)
    if entry is None:
        return editor.insert(pool, KEY, whole)
    value = entry.value
    if isinstance(value, Table):
        known = value.get(VARIABLE)
        return editor.insert(value, VARIABLE, file) if known is None else _set(editor, known.value, file)
    if isinstance(value, Sequence) and not value.items:
        return editor.replace(value, whole)
    if isinstance(value, Sequence) and value.form is Form.LIST and all(map(_is_pair, value.items)):
        for item in value.items:
            if isinstance(item, Sequence) and isinstance(item.items[0], Literal) and item.items[0].value == VARIABLE:
                return _set(editor, item.items[1], file)
        return _appended(configuration, path, kind, value, file)
    raise NotEditable("What the environment of this pool is, is decided at run time.")


def _whole(kind: FileFormat, file: str) -> New:
    pairs: list[New] = [(VARIABLE, file)]
    table: dict[str, New] = {VARIABLE: file}
    return pairs if kind is FileFormat.ELIXIR else table


def _set(editor: Editor, value: Value, file: str) -> tuple[Edit, ...]:
    if not isinstance(value, Literal):
        raise NotEditable(f"What {VARIABLE} is, is decided at run time.")
    return () if value.value == file else editor.replace(value, file)


def _is_pair(item: Value) -> bool:
    return isinstance(item, Sequence) and len(item.items) == 2


def _appended(
    configuration: Configuration, path: str, kind: FileFormat, pairs: Sequence, file: str
) -> tuple[Edit, ...]:
    content = configuration.files[path].content
    if kind not in (FileFormat.ELIXIR, FileFormat.JSON):
        raise NotEditable("The environment is a list of pairs.")
    in_elixir = kind is FileFormat.ELIXIR
    layout = Layout(Text(path, content), parsed(content) if in_elixir else parsed_json(content))
    written = render((VARIABLE, file)) if in_elixir else f"[{render(VARIABLE)}, {render(file)}]"
    last = pairs.items[-1].span
    return element_inserted(layout, last.start, last.end, lambda _indent, _column: written)
