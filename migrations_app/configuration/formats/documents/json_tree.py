"""JSON, with places."""

import json

import tree_sitter_json
from tree_sitter import Language, Node, Parser

from migrations_app.configuration.formats.documents.marks import unmarked, unmarked_key
from migrations_app.configuration.formats.documents.reader import Refused, refusal
from migrations_app.configuration.formats.syntax import syntax_problems
from migrations_app.configuration.formats.text import Text, nested_too_deep
from migrations_app.configuration.problems import ConfigProblem
from migrations_app.configuration.values import Entry, Form, Literal, Sequence, Table, Value

JSON = Language(tree_sitter_json.language())
CLOSED_BY = {"[": "]", "{": "}"}


def _no_constant(name: str) -> float:
    raise ValueError(name)


DECODER = json.JSONDecoder(parse_constant=_no_constant)


def parsed_json(content: bytes) -> Node:
    return Parser(JSON).parse(content).root_node


def json_tree(text: Text) -> tuple[Table, tuple[ConfigProblem, ...]]:
    root = parsed_json(text.content)
    deep = nested_too_deep(text, root)
    wrong = (deep,) if deep is not None else syntax_problems(text, root, CLOSED_BY)
    if wrong:
        raise Refused(*wrong)
    values = [child for child in root.named_children if child.type != "comment"]
    if len(values) != 1 or values[0].type != "object":
        raise Refused(
            refusal(text, "not-a-mapping", 0, 0, "The document is not one object.", "Write the keys into one `{…}`.")
        )
    return _JsonValues(text).table(values[0]), ()


class _JsonValues:
    def __init__(self, text: Text) -> None:
        self._text = text

    def value(self, node: Node) -> Value:
        span = self._text.at(node)
        if node.type == "object":
            return self.table(node)
        if node.type == "array":
            return Sequence(tuple(self.value(child) for child in _children(node)), Form.LIST, span)
        said = self._loaded(node)
        return Literal(unmarked(said) if isinstance(said, str) else said, span)

    def table(self, node: Node) -> Table:
        return Table(tuple(self._entry(child) for child in _children(node)), Form.MAP, self._text.at(node))

    def _entry(self, node: Node) -> Entry:
        key, value = node.child_by_field_name("key"), node.child_by_field_name("value")
        if key is None or value is None or key.type != "string":
            raise Refused(self._refused(node, "A key is text in double quotes."))
        name = self._loaded(key)
        return Entry(Literal(unmarked_key(str(name)), self._text.at(key)), self.value(value), self._text.at(node))

    def _loaded(self, node: Node) -> str | int | float | bool | None:
        try:
            said: str | int | float | bool | None = DECODER.decode(self._text.of(node))
        except ValueError:
            raise Refused(self._refused(node, f"JSON has no value `{self._text.of(node)[:40]}`.")) from None
        return said

    def _refused(self, node: Node, message: str) -> ConfigProblem:
        return refusal(self._text, "syntax", node.start_byte, node.end_byte, message, "Correct it.")


def _children(node: Node) -> list[Node]:
    return [child for child in node.named_children if child.type != "comment"]
