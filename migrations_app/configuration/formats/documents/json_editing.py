"""Edits of a JSON document, in the manner of what stands around them."""

import json

from migrations_app.configuration.document import Configuration, Setting
from migrations_app.configuration.edits import Edit, New, NotEditable, Verbatim
from migrations_app.configuration.formats.documents.json_tree import parsed_json
from migrations_app.configuration.formats.documents.marks import Shown, shown
from migrations_app.configuration.formats.insertion import element_inserted
from migrations_app.configuration.formats.layout import Layout
from migrations_app.configuration.formats.removal import element_removed
from migrations_app.configuration.formats.text import Text
from migrations_app.configuration.values import Entry, Span, Table, Value

WIDTH = 98


class JsonEditor:
    """Implements Editor. JSON has no comments: one that is asked for with an insertion is left out."""

    def __init__(self, configuration: Configuration) -> None:
        (self._path,) = configuration.files
        content = configuration.files[self._path].content
        self._root = parsed_json(content)
        self._layout = Layout(Text(self._path, content), self._root)

    def replace(self, value: Value, new: New) -> tuple[Edit, ...]:
        start = value.span.start
        return (self._edit(value.span, self.render(new, self._layout.indent(start), self._layout.column(start))),)

    def rename(self, item: Setting | Entry, name: str) -> tuple[Edit, ...]:
        span = item.key_span if isinstance(item, Setting) else item.key.span
        return (self._edit(span, _quoted(name)),)

    def remove(self, item: Setting | Entry) -> tuple[Edit, ...]:
        return element_removed(self._layout, item.span.start, item.span.end)

    def insert(self, beside: Setting | Table, name: str, new: New, *, comment: str = "") -> tuple[Edit, ...]:
        key = f"{_quoted(name)}: "
        if isinstance(beside, Table) and not beside.entries:
            return (self._edit(beside.span, f"{{{key}{self.render(new, '', 0)}}}"),)
        span = beside.entries[-1].span if isinstance(beside, Table) else beside.span

        def rendered(indent: str, column: int) -> str:
            return f"{key}{self.render(new, indent, column + len(key))}"

        return element_inserted(self._layout, span.start, span.end, rendered)

    def render(self, new: New, indent: str = "", column: int = 0) -> str:
        return self._rendered(shown(new), indent, column)

    def _rendered(self, value: Shown, indent: str, column: int) -> str:
        one = self._on_one_line(value)
        if column + len(one) <= WIDTH or not isinstance(value, dict | list) or not value:
            return one
        inner = f"{indent}  "
        pairs = value.items() if isinstance(value, dict) else [("", one) for one in value]
        keyed = [(f"{_quoted(key)}: " if isinstance(value, dict) else "", part) for key, part in pairs]
        lines = [f"{inner}{key}{self._rendered(part, inner, len(inner) + len(key))}" for key, part in keyed]
        opening, closing = "{}" if isinstance(value, dict) else "[]"
        return "\n".join([opening, ",\n".join(lines), f"{indent}{closing}"])

    def _on_one_line(self, value: Shown) -> str:
        if isinstance(value, Verbatim):
            return self._layout.text.between(value.span.start, value.span.end).replace("\r\n", "\n")
        if isinstance(value, dict):
            return f"{{{', '.join(f'{_quoted(key)}: {self._on_one_line(part)}' for key, part in value.items())}}}"
        if isinstance(value, list):
            return f"[{', '.join(self._on_one_line(part) for part in value)}]"
        try:
            return json.dumps(value, ensure_ascii=False, allow_nan=False)
        except ValueError:
            raise NotEditable(f"JSON has no number {value}. Nothing was changed.") from None

    def _edit(self, span: Span, written: str) -> Edit:
        return Edit(self._path, span.start, span.end, written.encode().replace(b"\n", self._layout.newline))


def _quoted(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)
