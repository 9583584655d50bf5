"""The imports of a file after its sites: the old class goes where nothing needs it, the generic adapter comes there."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import libcst as cst
from libcst import metadata

from migrations_app.configuration.edits import Edit
from migrations_app.handlers.adapter.codemods.python.bindings import Binding, ImportStatement, dotted
from migrations_app.handlers.adapter.codemods.python.meanings import Meanings
from migrations_app.handlers.adapter.codemods.python.refusals import refusal
from migrations_app.handlers.adapter.codemods.python.source import Source
from migrations_app.handlers.adapter.codemods.switch import Refused, Switch


@dataclass(slots=True)
class Imports:
    source: Source
    switch: Switch
    known: Meanings
    edits: set[Edit] = field(default_factory=set)
    refused: list[Refused] = field(default_factory=list)
    _there: set[metadata.Scope] = field(default_factory=set)

    def change(self, bindings: Iterable[tuple[Binding, list[cst.CSTNode]]]) -> None:
        """Each with the uses that were rewritten."""
        several = list(bindings)
        rewritten = {id(part) for _, uses in several for use in uses for part in _chain(use)}
        by_statement: dict[ImportStatement, list[tuple[Binding, list[cst.CSTNode]]]] = {}
        for binding, uses in several:
            if binding.statement is not None:
                by_statement.setdefault(binding.statement, []).append((binding, uses))
            elif uses:
                self._at_the_top(binding.scope)
        for statement, found in by_statement.items():
            gone = []
            for binding, uses in found:
                if not binding.uses and not binding.is_module:
                    self.refused.append(refusal(self.source.lines(statement), "exported"))
                elif uses and self._is_unused(binding, rewritten):
                    if self._is_exported(binding):
                        self.refused.append(refusal(self.source.lines(statement), "exported"))
                    elif binding.item is not None and binding.item not in gone:
                        gone.append(binding.item)
            if any(uses for _, uses in found):
                self._exchange(statement, found[0][0].scope, gone)

    def is_taken(self, bindings: Iterable[Binding]) -> bool:
        """Whether the generic adapter's name means something else anywhere in the file."""
        name = self.switch.new_class
        scopes = {scope for scope in self.source.scopes.values() if scope is not None}
        others = [one for scope in scopes for one in scope.assignments[name] if not self._brings(one)]
        return bool(others) or any(binding.local == name for binding in bindings)

    def _brings(self, assignment: metadata.BaseAssignment) -> bool:
        node = getattr(assignment, "node", None)
        return (
            isinstance(assignment, metadata.ImportAssignment)
            and isinstance(node, cst.ImportFrom)
            and not node.relative
            and dotted(node.module) == self.switch.new_module
            and not isinstance(node.names, cst.ImportStar)
            and any(item.asname is None and dotted(item.name) == self.switch.new_class for item in node.names)
        )

    def _is_there(self, scope: metadata.Scope) -> bool:
        if scope in self._there or scope.globals in self._there:
            return True
        return any(
            self._brings(one) for where in (scope, scope.globals) for one in where.assignments[self.switch.new_class]
        )

    def _is_unused(self, binding: Binding, rewritten: set[int]) -> bool:
        return all(
            id(access.node) in rewritten
            for one in binding.scope.assignments
            if isinstance(one, metadata.ImportAssignment) and one.node is binding.statement
            if binding.item is not None and _brings_name(binding.item, one.name)
            for access in one.references
        )

    def _is_exported(self, binding: Binding) -> bool:
        at_top = isinstance(binding.scope, metadata.GlobalScope)
        listed = b"__all__" in self.source.text and any(
            f"{quote}{binding.local}{quote}".encode() in self.source.text for quote in "'\""
        )
        return at_top and (
            self.source.path.endswith("__init__.py")
            or listed
            or (self.source.path, binding.local) in self.known.exported
        )

    @property
    def _line(self) -> str:
        return f"from {self.switch.new_module} import {self.switch.new_class}"

    def _exchange(self, statement: ImportStatement, scope: metadata.Scope, gone: list[cst.ImportAlias]) -> None:
        items = [] if isinstance(statement.names, cst.ImportStar) else list(statement.names)
        needed = not self._is_there(scope)
        start, end = self.source.span(statement)
        if gone and len(gone) == len(items):
            if needed:
                self.edits.add(self.source.edit(start, end, self._line))
            else:
                self._remove(statement, start, end)
        else:
            for item in gone:
                self.edits.add(self._without(items, items.index(item)))
            if needed:
                self._after(start, end)
        if needed:
            self._there.add(scope)

    def _remove(self, statement: ImportStatement, start: int, end: int) -> None:
        line = self.source.parent(statement)
        block = self.source.parent(line)
        others = isinstance(block, cst.Module | cst.IndentedBlock) and len(block.body) > 1
        alone = (
            isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1 and not line.trailing_whitespace.comment
        )
        if alone and others:
            self.edits.add(self.source.edit(self._line_start(start), self._next_line(end), ""))
        else:
            self.edits.add(self.source.edit(start, end, "pass"))

    def _without(self, items: list[cst.ImportAlias], at: int) -> Edit:
        """The item with its comma; with its line, and the comment there, where it has one of its own."""
        start, end = self.source.span(items[at])
        line, following = self._line_start(start), self._next_line(end)
        rest = self.source.text[end:following].strip().removeprefix(b",").strip()
        if not self.source.text[line:start].strip() and (not rest or rest.startswith(b"#")):
            return self.source.edit(line, following, "")
        if at + 1 < len(items):
            return self.source.edit(start, self.source.span(items[at + 1])[0], "")
        return self.source.edit(self.source.span(items[at - 1])[1], end, "")

    def _after(self, start: int, end: int) -> None:
        """On a line after a statement, as deep as it; beside it where its line holds something before it."""
        line, following = self._line_start(start), self._next_line(end)
        indentation = self.source.text[line:start].decode()
        rest = self.source.text[end:following].strip()
        if indentation.strip() or (rest and not rest.startswith(b"#")):
            self.edits.add(self.source.edit(end, end, f"; {self._line}"))
        elif self.source.text[:following].endswith(b"\n"):
            self.edits.add(self.source.edit(following, following, f"{indentation}{self._line}\n"))
        else:
            self.edits.add(self.source.edit(following, following, f"\n{indentation}{self._line}"))

    def _at_the_top(self, scope: metadata.Scope) -> None:
        """After the docstring, `__future__` and the imports that the file begins with."""
        if self._is_there(scope):
            return
        self._there.add(scope.globals)
        last: cst.CSTNode | None = None
        for statement in self.source.tree.body:
            small = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) else None
            is_text = (
                last is None
                and isinstance(small, cst.Expr)
                and isinstance(small.value, cst.SimpleString | cst.ConcatenatedString)
            )
            if not is_text and not isinstance(small, cst.Import | cst.ImportFrom):
                break
            last = statement
        if last is not None:
            body = last.body if isinstance(last, cst.SimpleStatementLine) else [last]
            self._after(self.source.span(body[0])[0], self.source.span(body[-1])[1])
        else:
            at = self._line_start(self.source.span(self.source.tree.body[0])[0])
            self.edits.add(self.source.edit(at, at, f"{self._line}\n"))

    def _line_start(self, at: int) -> int:
        return self.source.text.rfind(b"\n", 0, at) + 1

    def _next_line(self, at: int) -> int:
        found = self.source.text.find(b"\n", at)
        return len(self.source.text) if found == -1 else found + 1


def _chain(node: cst.CSTNode) -> Iterable[cst.CSTNode]:
    """`a.b.C`, `a.b`, `a`."""
    yield node
    while isinstance(node, cst.Attribute):
        node = node.value
        yield node


def _brings_name(item: cst.ImportAlias, name: str) -> bool:
    if item.asname is not None:
        return dotted(item.asname.name) == name
    full = dotted(item.name)
    return full == name or full.startswith(f"{name}.")
