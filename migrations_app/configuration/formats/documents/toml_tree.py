"""TOML, with places: tables under headers, arrays of tables and dotted keys as the nested tables that they are."""

import tomllib
from dataclasses import dataclass, field

import tree_sitter_toml
from tree_sitter import Language, Node, Parser

from migrations_app.configuration.formats.documents.marks import unmarked, unmarked_key
from migrations_app.configuration.formats.documents.reader import Refused, refusal
from migrations_app.configuration.formats.syntax import syntax_problems
from migrations_app.configuration.formats.text import Text, nested_too_deep
from migrations_app.configuration.problems import ConfigProblem
from migrations_app.configuration.values import Entry, Form, Literal, Sequence, Span, Table, Value

TOML = Language(tree_sitter_toml.language())
CLOSED_BY = {"[": "]", "{": "}", "[[": "]]"}
HEADED = frozenset({"table", "table_array_element"})
KEYS = frozenset({"bare_key", "quoted_key", "dotted_key"})


def parsed_toml(content: bytes) -> Node:
    return Parser(TOML).parse(content).root_node


def toml_tree(text: Text) -> tuple[Table, tuple[ConfigProblem, ...]]:
    root = parsed_toml(text.content)
    deep = nested_too_deep(text, root)
    wrong = (deep,) if deep is not None else syntax_problems(text, root, CLOSED_BY)
    if wrong:
        raise Refused(*wrong)
    try:
        tomllib.loads(text.content.decode())
    except tomllib.TOMLDecodeError as error:
        at = _offset(text, str(error))
        raise Refused(refusal(text, "syntax", at, at, f"{error}.", "Correct it.")) from None
    return _TomlValues(text).outermost(root), ()


@dataclass(slots=True)
class _Growing:
    """A table that further headers and dotted keys may still add to."""

    span: Span
    children: dict[str, tuple[Literal, Span, "_Growing | list[_Growing] | Value"]] = field(default_factory=dict)

    def table(self) -> Table:
        entries = (Entry(key, _grown(child), span) for key, span, child in self.children.values())
        return Table(tuple(entries), Form.MAP, self.span)


class _TomlValues:
    def __init__(self, text: Text) -> None:
        self._text = text

    def outermost(self, root: Node) -> Table:
        grown = _Growing(self._text.at(root))
        for node in root.named_children:
            if node.type == "pair":
                self._add(grown, node)
            elif node.type in HEADED:
                table = self._headed(grown, node)
                for pair in node.named_children:
                    if pair.type == "pair":
                        self._add(table, pair)
        return grown.table()

    def _headed(self, into: _Growing, node: Node) -> _Growing:
        parts = key_parts(key_of(node))
        span = self._text.span(node.start_byte, solid_end(node))
        for part in parts[:-1]:
            into = self._child(into, part, span)
        if node.type == "table":
            return self._child(into, parts[-1], span)
        key = self._key(parts[-1])
        _, _, several = into.children.setdefault(self._name(parts[-1]), (key, span, []))
        added = _Growing(span)
        if isinstance(several, list):
            several.append(added)
        return added

    def _child(self, into: _Growing, part: Node, span: Span) -> _Growing:
        name = self._name(part)
        if name not in into.children:
            into.children[name] = (self._key(part), span, _Growing(span))
        child = into.children[name][2]
        if isinstance(child, list):
            return child[-1]
        return child if isinstance(child, _Growing) else into

    def _add(self, into: _Growing, pair: Node) -> None:
        *outer, last = key_parts(key_of(pair))
        span = self._text.at(pair)
        for part in outer:
            into = self._child(into, part, span)
        into.children[self._name(last)] = (self._key(last), span, self.value(value_of(pair)))

    def value(self, node: Node) -> Value:
        span = self._text.at(node)
        if node.type == "array":
            items = (self.value(child) for child in node.named_children if child.type != "comment")
            return Sequence(tuple(items), Form.LIST, span)
        if node.type == "inline_table":
            grown = _Growing(span)
            for pair in node.named_children:
                if pair.type == "pair":
                    self._add(grown, pair)
            return grown.table()
        said = tomllib.loads(f"x = {self._text.of(node)}")["x"]
        if isinstance(said, str):
            return Literal(unmarked(said), span)
        return Literal(said if isinstance(said, bool | int | float) else self._text.of(node), span)

    def _key(self, part: Node) -> Literal:
        return Literal(unmarked_key(self._name(part)), self._text.at(part))

    def _name(self, part: Node) -> str:
        return next(iter(tomllib.loads(f"{self._text.of(part)} = 1")))


def key_of(node: Node) -> Node:
    return next(child for child in node.named_children if child.type in KEYS)


def value_of(pair: Node) -> Node:
    return next(child for child in reversed(pair.named_children) if child.type != "comment")


def key_parts(key: Node) -> list[Node]:
    if key.type != "dotted_key":
        return [key]
    return [part for child in key.named_children for part in key_parts(child)]


def solid_end(table: Node) -> int:
    """The end of a table's last pair, or of its header: what follows are comments that may be of the next."""
    return [child for child in table.children if child.type != "comment"][-1].end_byte


def _grown(child: "_Growing | list[_Growing] | Value") -> Value:
    if isinstance(child, _Growing):
        return child.table()
    if isinstance(child, list):
        tables = tuple(one.table() for one in child)
        first, last = tables[0].span, tables[-1].span
        return Sequence(tables, Form.LIST, Span(first.file, first.start, last.end, first.line, first.column))
    return child


def _offset(text: Text, message: str) -> int:
    """Where "(at line 3, column 5)" is."""
    words = message.replace(",", " ").replace(")", " ").split()
    if "line" not in words or "column" not in words:
        return len(text.content)
    line, column = int(words[words.index("line") + 1]), int(words[words.index("column") + 1])
    before = text.content.decode().split("\n")[: line - 1]
    return min(sum(len(one.encode()) + 1 for one in before) + column - 1, len(text.content))
