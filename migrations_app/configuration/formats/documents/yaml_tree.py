"""YAML 1.2, with places. Tags are refused: they stand for what only another program knows."""

import tree_sitter_yaml
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from tree_sitter import Language, Node, Parser

from migrations_app.configuration.formats.documents.marks import unmarked, unmarked_key
from migrations_app.configuration.formats.documents.reader import Refused, refusal
from migrations_app.configuration.formats.syntax import nodes, syntax_problems
from migrations_app.configuration.formats.text import Text, nested_too_deep
from migrations_app.configuration.problems import ConfigProblem, Severity
from migrations_app.configuration.values import Entry, Form, Literal, Sequence, Span, Table, Value

YAML_LANGUAGE = Language(tree_sitter_yaml.language())
CLOSED_BY = {"[": "]", "{": "}"}
PAIRS = frozenset({"block_mapping_pair", "flow_pair"})
MAPPINGS = frozenset({"block_mapping", "flow_mapping"})
SEQUENCES = frozenset({"block_sequence", "flow_sequence"})
WRAPPERS = frozenset({"block_node", "flow_node", "block_sequence_item"})
STRUCTURE = WRAPPERS | PAIRS | {"block_mapping", "block_sequence", "document", "stream"}
MERGE = "<<"
MOST_ALIASED = 10_000  # values that aliases stand for; a few lines can stand for any number


def parsed_yaml(content: bytes) -> Node:
    return Parser(YAML_LANGUAGE).parse(content).root_node


def yaml_tree(text: Text) -> tuple[Table, tuple[ConfigProblem, ...]]:
    root = parsed_yaml(text.content)
    deep = nested_too_deep(text, root)
    wrong = (deep,) if deep is not None else syntax_problems(text, root, CLOSED_BY)
    if wrong:
        raise Refused(*wrong)
    documents = [child for child in root.named_children if child.type == "document"]
    if len(documents) > 1:
        second = documents[1]
        message = "A second document begins here."
        raise Refused(_refused(text, second, "several-documents", message, "Keep one document in the file."))
    return _YamlValues(text).outermost(documents[0] if documents else root)


class _YamlValues:
    def __init__(self, text: Text) -> None:
        self._text = text
        self._anchors: dict[str, Node] = {}
        self._problems: list[ConfigProblem] = []
        self._expanding: list[str] = []
        self._aliased = 0

    def outermost(self, document: Node) -> tuple[Table, tuple[ConfigProblem, ...]]:
        for node in nodes(document):
            if node.type == "tag":
                message = f"The tag `{self._text.of(node)}` asks for what only another program can make of it."
                raise Refused(_refused(self._text, node, "yaml-tag", message, "Write the value without a tag."))
            if node.type == "anchor" and node.parent is not None:
                self._anchors[self._text.of(node)[1:]] = node.parent
        content = [child for child in document.named_children if child.type in WRAPPERS]
        empty = Table((), Form.MAP, self._text.span(len(self._text.content), len(self._text.content)))
        value = self._value(content[0]) if content else empty
        if not isinstance(value, Table):
            message = "The document is not one mapping."
            raise Refused(_refused(self._text, document, "not-a-mapping", message, "Give keys with their values."))
        return value, tuple(dict.fromkeys(self._problems))

    def _value(self, node: Node) -> Value:
        inner = content_of(node)
        if inner is None:
            return Literal(None, self._text.span(node.end_byte, node.end_byte))
        span = self._span(inner)
        if self._expanding:
            self._count(inner)
        if inner.type == "alias":
            return self._alias(inner, span)
        if inner.type in MAPPINGS:
            entries = [self._entry(child) for child in inner.named_children if child.type != "comment"]
            return Table(tuple(entry for entry in entries if entry is not None), Form.MAP, span)
        if inner.type in SEQUENCES:
            items = [child for child in inner.named_children if child.type != "comment"]
            return Sequence(tuple(self._value(child) for child in items), Form.LIST, span)
        said = self._scalar(inner)
        return Literal(unmarked(said) if isinstance(said, str) else said, span)

    def _entry(self, node: Node) -> Entry | None:
        key, value = node.child_by_field_name("key"), node.child_by_field_name("value")
        written = content_of(key) if key is not None else None
        if node.type not in PAIRS or written is None or not written.type.endswith("_scalar") or _is_explicit(node):
            message = "A key is a single word or quoted text, with a colon."
            raise Refused(_refused(self._text, node, "yaml-key", message, "Write it so."))
        if self._text.of(written) == MERGE:
            self._problems.append(
                self._said(node, "yaml-merge", "The keys that `<<` brings from elsewhere are not read.")
            )
            return None
        name = self._scalar(written)
        named = unmarked_key(name if isinstance(name, str) else self._text.of(written))
        end = node.children[-1].end_byte if value is None else solid_end(value)
        said = Literal(None, self._text.span(end, end)) if value is None else self._value(value)
        return Entry(Literal(named, self._span(written)), said, self._text.span(node.start_byte, end))

    def _alias(self, node: Node, span: Span) -> Value:
        name = self._text.of(node)[1:]
        anchored = self._anchors.get(name)
        if anchored is None or name in self._expanding:
            message = f"`*{name}` stands for nothing that is given before it."
            raise Refused(_refused(self._text, node, "yaml-alias", message, "Write the value out."))
        self._problems.append(
            self._said(node, "yaml-alias", f"`*{name}` is read as what `&{name}` marks, and cannot be edited here.")
        )
        self._expanding.append(name)
        value = self._value(anchored)
        self._expanding.pop()
        return _placed(value, span)

    def _count(self, node: Node) -> None:
        self._aliased += 1
        if self._aliased > MOST_ALIASED:
            message = f"The aliases stand for more than {MOST_ALIASED:,} values."
            raise Refused(_refused(self._text, node, "yaml-alias", message, "Write out what you need of them."))

    def _scalar(self, node: Node) -> str | int | float | bool | None:
        """As YAML 1.2 has it: `no` and `12:30` are text."""
        written = self._text.of(node)
        if node.type == "plain_scalar" and node.named_children[0].type == "string_scalar" and "\n" not in written:
            return written
        try:
            said = YAML(typ="safe", pure=True).load(f"x: {written}\n")["x"]
        except (YAMLError, ValueError):
            message = f"`{written[:40]}` is no value."
            raise Refused(_refused(self._text, node, "syntax", message, "Put it into quotes.")) from None
        return said if isinstance(said, str | int | float | bool | None) else written

    def _span(self, node: Node) -> Span:
        return self._text.span(node.start_byte, solid_end(node))

    def _said(self, node: Node, code: str, message: str) -> ConfigProblem:
        return ConfigProblem(
            code, Severity.NOTICE, "", message, "Write the value out to have it changed.", self._span(node)
        )


def content_of(node: Node) -> Node | None:
    """What stands in a node of YAML's grammar that only wraps it; None for nothing."""
    while node.type in WRAPPERS:
        inner = [child for child in node.named_children if child.type not in {"comment", "anchor", "tag"}]
        if not inner:
            return None
        node = inner[-1]
    return node


def solid_end(node: Node) -> int:
    """Where it ends without the comments that the grammar counts to it."""
    while node.type in STRUCTURE:
        children = [child for child in node.children if child.type != "comment"]
        if not children:
            return node.end_byte
        node = children[-1]
    return node.end_byte


def _is_explicit(node: Node) -> bool:
    return any(child.type == "?" for child in node.children)


def _placed(value: Value, span: Span) -> Value:
    """The same at another place, which all of it has."""
    match value:
        case Table():
            entries = (Entry(Literal(e.key.value, span), _placed(e.value, span), span) for e in value.entries)
            return Table(tuple(entries), value.form, span)
        case Sequence():
            return Sequence(tuple(_placed(item, span) for item in value.items), value.form, span)
        case Literal():
            return Literal(value.value, span)
    return value


def _refused(text: Text, node: Node, code: str, message: str, suggestion: str) -> ConfigProblem:
    return refusal(text, code, node.start_byte, node.end_byte, message, suggestion)
