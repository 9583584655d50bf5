"""Elixir's literals as values; whatever is not literal stays the expression that it is."""

from tree_sitter import Node

from migrations_app.configuration.formats.elixir.scope import Scope, read_variables
from migrations_app.configuration.formats.elixir.strings import plain
from migrations_app.configuration.formats.text import Text
from migrations_app.configuration.values import (
    Atom,
    Entry,
    Expression,
    Form,
    Literal,
    Module,
    Scalar,
    Sequence,
    Table,
    Value,
)

NAMED = {"true": True, "false": False, "nil": None}


class NotLiteral(Exception):
    """Only the running system knows this value."""


class Literals:
    """Reads values at places of one file, under what its scope knows."""

    def __init__(self, text: Text) -> None:
        self._text = text

    def value(self, node: Node, scope: Scope) -> Value:
        try:
            return self._value(node, scope)
        except NotLiteral:
            return Expression(self._text.of(node), read_variables(self._text, node, scope), self._text.at(node))

    def scalar(self, node: Node, scope: Scope) -> Scalar:
        """Raises NotLiteral."""
        text = self._text.of(node)
        match node.type:
            case "integer":
                return integer(text)
            case "float":
                return float(text.replace("_", ""))
            case "char":
                return character(text)
            case "boolean" | "nil":
                return NAMED[text]
            case "atom":
                return atom(text[1:])
            case "quoted_atom":
                return atom(self._quoted(node))
            case "alias":
                return Module(scope.module("".join(text.split())))
            case "string":
                return self._quoted(node)
            case "unary_operator":
                return self._signed(node, scope)
            case "sigil":
                if self._sigil(node)[0] in "sS":
                    return self._quoted(node)
        raise NotLiteral

    def entries(self, node: Node, scope: Scope) -> tuple[Entry, ...]:
        """The pairs of `k: v, l: w`, or of a list with `{:k, v}` in it as well. Raises NotLiteral."""
        return tuple(self._pair(child, scope) for child in _children(node) if child.type == "pair")

    def keyword(self, node: Node, scope: Scope) -> Table | None:
        """A keyword list, in brackets or bare at the end of a call; None where the keys are not all known."""
        try:
            value = self._value(node, scope)
        except NotLiteral:
            return None
        if isinstance(value, Sequence) and value.form is Form.LIST and not value.items:
            return Table((), Form.KEYWORD, value.span)
        return value if isinstance(value, Table) and value.form is Form.KEYWORD else None

    def _value(self, node: Node, scope: Scope) -> Value:
        match node.type:
            case "keywords":
                return Table(self.entries(node, scope), Form.KEYWORD, self._text.at(node))
            case "list":
                return self._list(node, scope)
            case "tuple":
                items = tuple(self.value(child, scope) for child in _children(node))
                return Sequence(items, Form.TUPLE, self._text.at(node))
            case "map":
                return self._map(node, scope)
            case "charlist":
                return self._codepoints(node)
            case "sigil":
                letter, kind = self._sigil(node)
                if letter in "wW":
                    return self._words(node, kind)
                if letter in "cC":
                    return self._codepoints(node)
        return Literal(self.scalar(node, scope), self._text.at(node))

    def _list(self, node: Node, scope: Scope) -> Value:
        children = _children(node)
        if any(_operator(child) == "|" for child in children):
            raise NotLiteral
        span = self._text.at(node)
        pairs = [self._tuple_pair(child, scope) for child in children if child.type != "keywords"]
        tail = self.entries(children[-1], scope) if children and children[-1].type == "keywords" else ()
        known = tuple(pair for pair in pairs if pair is not None)
        if children and len(known) == len(pairs):
            return Table((*known, *tail), Form.KEYWORD, span)
        items = [self.value(child, scope) for child in children if child.type != "keywords"]
        items += [Sequence((entry.key, entry.value), Form.TUPLE, entry.span) for entry in tail]
        return Sequence(tuple(items), Form.LIST, span)

    def _map(self, node: Node, scope: Scope) -> Table:
        if any(child.type == "struct" for child in node.named_children):
            raise NotLiteral
        content = next((child for child in node.named_children if child.type == "map_content"), None)
        entries: list[Entry] = []
        for child in _children(content) if content is not None else ():
            if child.type == "keywords":
                entries += self.entries(child, scope)
            elif _operator(child) == "=>":
                left, right = _sides(child)
                key = Literal(self.scalar(left, scope), self._text.at(left))
                entries.append(Entry(key, self.value(right, scope), self._text.at(child)))
            else:
                raise NotLiteral
        return Table(tuple(entries), Form.MAP, self._text.at(node))

    def _pair(self, node: Node, scope: Scope) -> Entry:
        key, value = node.child_by_field_name("key"), node.child_by_field_name("value")
        if key is None or value is None:
            raise NotLiteral
        return Entry(self._key(key), self.value(value, scope), self._text.at(node))

    def _key(self, node: Node) -> Literal:
        """The span is the name alone, without colon and space; with its quotes, if it has some."""
        if node.type == "keyword":
            name = self._text.of(node).rstrip().removesuffix(":")
            return Literal(atom(name), self._text.span(node.start_byte, node.start_byte + len(name.encode())))
        quoted_end = node.children[-1].end_byte
        return Literal(atom(self._quoted(node)), self._text.span(node.start_byte, quoted_end))

    def _tuple_pair(self, node: Node, scope: Scope) -> Entry | None:
        """`{:k, v}` in a list is the pair `k: v`."""
        children = _children(node)
        if node.type != "tuple" or len(children) != 2 or children[0].type not in {"atom", "quoted_atom", "alias"}:
            return None
        if any(child.type == "keywords" for child in children):
            return None
        key = Literal(self.scalar(children[0], scope), self._text.at(children[0]))
        return Entry(key, self.value(children[1], scope), self._text.at(node))

    def _signed(self, node: Node, scope: Scope) -> int | float:
        operand = node.child_by_field_name("operand")
        sign = _operator(node)
        if operand is not None and operand.type in {"integer", "float"} and sign in {"+", "-"}:
            number = self.scalar(operand, scope)
            if isinstance(number, int | float):
                return -number if sign == "-" else number
        raise NotLiteral

    def _quoted(self, node: Node) -> str:
        written = plain(self._text, node)
        if written is None:
            raise NotLiteral
        return written

    def _sigil(self, node: Node) -> tuple[str, str]:
        parts = {child.type: self._text.of(child) for child in node.named_children}
        return parts.get("sigil_name", "-"), parts.get("sigil_modifiers", "")

    def _words(self, node: Node, kind: str) -> Sequence:
        if kind not in {"", "s", "a"}:
            raise NotLiteral
        words = self._quoted(node).split()
        span = self._text.at(node)
        return Sequence(tuple(Literal(atom(w) if kind == "a" else w, span) for w in words), Form.LIST, span)

    def _codepoints(self, node: Node) -> Sequence:
        """A charlist is a list of numbers; each has the span of the whole."""
        span = self._text.at(node)
        return Sequence(tuple(Literal(ord(c), span) for c in self._quoted(node)), Form.LIST, span)


def atom(name: str) -> Scalar:
    """`:true` is `true`, and `:"Elixir.Some.Module"` is `Some.Module`."""
    if name in NAMED:
        return NAMED[name]
    return Module(name.removeprefix("Elixir.")) if name.startswith("Elixir.") else Atom(name)


def integer(written: str) -> int:
    digits = written.replace("_", "")
    return int(digits, 0) if digits[:2].lower() in {"0x", "0o", "0b"} else int(digits)


def character(written: str) -> int:
    """`?a`; raises NotLiteral for an escape that needs more than one character."""
    escaped = {"\\n": 10, "\\r": 13, "\\t": 9, "\\s": 32, "\\0": 0, "\\e": 27, "\\\\": 92}
    body = written[1:]
    if body in escaped:
        return escaped[body]
    if len(body) == 1:
        return ord(body)
    raise NotLiteral


def _children(node: Node) -> list[Node]:
    return [child for child in node.named_children if child.type != "comment"]


def _operator(node: Node) -> str:
    operator = node.child_by_field_name("operator")
    return operator.type if operator is not None else ""


def _sides(node: Node) -> tuple[Node, Node]:
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    if left is None or right is None:
        raise NotLiteral
    return left, right
