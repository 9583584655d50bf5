"""One Python file as libcst reads it: its tree, what stands where in its text, and what each name is bound to."""

import ast
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import libcst as cst
from libcst import metadata

from migrations_app.configuration.edits import Edit, applied
from migrations_app.handlers.adapter.facts import Lines

Span = tuple[int, int]
MOST_NODES = 100_000  # of Python's own tree: some 10,000 lines
MOST_OPERANDS = 500
_PROVIDERS = (metadata.ParentNodeProvider, metadata.ScopeProvider, metadata.ByteSpanPositionProvider)
_TOO_DEEP = "It is nested deeper than it can be read."


class NotReadable(ValueError):
    """libcst does not read the file, or would not give it back byte for byte."""


@dataclass(frozen=True, slots=True)
class Source:
    """Spans are bytes of `text`, which is the file in UTF-8 whatever encoding it names itself."""

    path: str
    text: bytes
    tree: cst.Module
    parents: Mapping[cst.CSTNode, cst.CSTNode]
    scopes: Mapping[cst.CSTNode, metadata.Scope | None]
    _spans: Mapping[cst.CSTNode, Any]

    def span(self, node: cst.CSTNode) -> Span:
        """Without the brackets around an expression."""
        found = self._spans[node]
        return found.start, found.start + found.length

    def nodes(self) -> Iterable[cst.CSTNode]:
        """All of them, in no order."""
        return self.parents

    def parent(self, node: cst.CSTNode) -> cst.CSTNode:
        """The file itself is its own parent."""
        return self.parents.get(node, self.tree)

    def lines(self, node: cst.CSTNode) -> Lines:
        return self.lines_of(*self.span(node))

    def lines_of(self, start: int, end: int) -> Lines:
        return Lines(self.path, self.text.count(b"\n", 0, start) + 1, self.text.count(b"\n", 0, end) + 1)

    def of(self, node: cst.CSTNode) -> str:
        start, end = self.span(node)
        return self.text[start:end].decode()

    def within(self, node: cst.CSTNode, kind: type[cst.CSTNode]) -> bool:
        while node is not self.tree:
            if isinstance(node, kind):
                return True
            node = self.parent(node)
        return False

    def statement(self, node: cst.CSTNode) -> cst.CSTNode:
        """The line of statements that it stands in."""
        while not isinstance(node, cst.SimpleStatementLine | cst.BaseCompoundStatement | cst.Module):
            node = self.parent(node)
        return node

    def edit(self, start: int, end: int, text: str) -> Edit:
        return Edit(self.path, start, end, text.replace("\n", self.tree.default_newline).encode())

    def edited(self, edits: set[Edit]) -> bytes:
        """The file after the edits, in its own encoding. Raises UnicodeEncodeError."""
        return applied(self.text, sorted(edits)).decode().encode(self.tree.encoding)


def read(path: str, content: bytes) -> Source:
    """Raises NotReadable."""
    _check(content)
    try:
        tree = cst.parse_module(content)
        text = content.decode(tree.encoding)
        if text != tree.code:
            raise NotReadable("It has line ends or white space that are not kept when it is written.")
        wrapper = metadata.MetadataWrapper(tree, unsafe_skip_copy=True)
        wrapper.resolve_many(_PROVIDERS)  # together: each by itself would walk the tree again
        parents = wrapper.resolve(metadata.ParentNodeProvider)
        scopes = wrapper.resolve(metadata.ScopeProvider)
        spans = wrapper.resolve(metadata.ByteSpanPositionProvider)
    except (cst.ParserSyntaxError, UnicodeError, LookupError) as error:
        raise NotReadable("It is not valid Python.") from error
    except RecursionError as error:
        raise NotReadable(_TOO_DEEP) from error
    return Source(path, text.encode(), tree, parents, scopes, spans)


def _check(content: bytes) -> None:
    """libcst ends the whole process over what Python's own parser refuses, and over long chains of `and` and `or`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(content)
    except (SyntaxError, ValueError) as error:
        raise NotReadable("It is not valid Python.") from error
    except (RecursionError, MemoryError) as error:
        raise NotReadable(_TOO_DEEP) from error
    for count, node in enumerate(ast.walk(tree)):
        if isinstance(node, ast.BoolOp) and len(node.values) > MOST_OPERANDS:
            raise NotReadable(_TOO_DEEP)
        if count > MOST_NODES:
            raise NotReadable("It is too large to be read with its white space.")
