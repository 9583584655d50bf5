"""The branches of `if`, `unless`, `case` and `cond`, and the environments that take them."""

from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from migrations_app.configuration.document import Condition
from migrations_app.configuration.formats.elixir.literals import Literals
from migrations_app.configuration.formats.elixir.scope import (
    ENVIRONMENT_NAMES,
    Scope,
    arguments,
    called,
    is_environment,
)
from migrations_app.configuration.formats.syntax import nodes
from migrations_app.configuration.formats.text import Text
from migrations_app.configuration.values import Atom, Literal, Sequence

BRANCHING = frozenset({"if", "unless", "case", "cond"})
Environments = frozenset[str]


@dataclass(frozen=True, slots=True)
class Branch:
    """Statements, and what must hold so that they are carried out."""

    conditions: tuple[Condition, ...]
    statements: tuple[Node, ...]
    scope: Scope


@dataclass(frozen=True, slots=True)
class Branches:
    """Takes branching calls apart. `universe`: the environments there are."""

    text: Text
    universe: Environments

    def of(self, call: Node, scope: Scope) -> Iterator[Branch]:
        match called(self.text, call):
            case "if":
                yield from self._if(call, scope, positive=True)
            case "unless":
                yield from self._if(call, scope, positive=False)
            case "case":
                yield from self._case(call, scope)
            case "cond":
                yield from self._cond(call, scope)

    def _if(self, call: Node, scope: Scope, *, positive: bool) -> Iterator[Branch]:
        given = arguments(call)
        if not given:
            return
        test, otherwise = given[0], f"not ({self.text.of(given[0])})"
        holds = self.environments(test, scope)
        fails = None if holds is None else self.universe - holds
        if positive:
            first = self._parts(test, call, scope)
            second = (self._condition(call, otherwise, fails, otherwise=True),)
        else:
            first = (self._condition(call, otherwise, fails),)
            second = (self._condition(call, self.text.of(test), holds, otherwise=True),)
        yield Branch(first, _branch(call, "do"), scope.inner())
        yield Branch(second, _branch(call, "else"), scope.inner())

    def _parts(self, test: Node, call: Node, scope: Scope) -> tuple[Condition, ...]:
        """`a and b` is both conditions, so that a part may be known though the whole is not."""
        holds = self.environments(test, scope)
        sides = _sides(test)
        if holds is None and sides and _operator(test) in {"and", "&&"}:
            known = [side for side in sides if self.environments(side, scope) is not None]
            if known:
                return (
                    *(self._condition(side, self.text.of(side), self.environments(side, scope)) for side in known),
                    self._condition(call, self.text.of(test), None),
                )
        return (self._condition(call, self.text.of(test), holds),)

    def _case(self, call: Node, scope: Scope) -> Iterator[Branch]:
        given = arguments(call)
        if not given:
            return
        subject = given[0]
        left: Environments | None = self.universe if is_environment(self.text, subject, scope) else None
        for pattern, guard, body in _clauses(call):
            inner = scope.inner()
            takes = None if left is None else self._matched(pattern, guard, inner)
            taken = None if left is None or takes is None else left & takes
            left = None if left is None or takes is None else left - takes
            written = f"{self.text.of(subject)} -> {self.text.of(pattern)}"
            catches_all = guard is None and pattern.type == "identifier"
            source = written if guard is None else f"{written} when {self.text.of(guard)}"
            yield Branch((self._condition(call, source, taken, otherwise=catches_all),), body, inner)

    def _matched(self, pattern: Node, guard: Node | None, scope: Scope) -> Environments | None:
        if pattern.type == "identifier":
            scope.environments.add(self.text.of(pattern))
            return self.universe if guard is None else self.environments(guard, scope)
        return self._named(pattern, scope) if guard is None else None

    def _cond(self, call: Node, scope: Scope) -> Iterator[Branch]:
        left: Environments | None = self.universe
        before: list[str] = []
        for test, _, body in _clauses(call):
            holds = self.environments(test, scope)
            taken = left & holds if left is not None and holds is not None else None
            left = left - holds if left is not None and holds is not None else None
            written = self.text.of(test)
            last = written == "true"
            source = " and ".join(f"not ({one})" for one in before) if last and before else written
            yield Branch((self._condition(call, source, taken, otherwise=last),), body, scope.inner())
            before.append(written)

    def environments(self, node: Node, scope: Scope) -> Environments | None:
        """Those for which a condition holds; None when only the running system knows."""
        if node.type == "block" and len(node.named_children) == 1:
            return self.environments(node.named_children[0], scope)
        if node.type == "boolean":
            return self.universe if self.text.of(node) == "true" else frozenset()
        if node.type == "unary_operator" and _operator(node) in {"not", "!"}:
            operand = node.child_by_field_name("operand")
            held = self.environments(operand, scope) if operand is not None else None
            return None if held is None else self.universe - held
        sides = _sides(node)
        return self._compared(_operator(node), *sides, scope) if sides else None

    def _compared(self, operator: str, left: Node, right: Node, scope: Scope) -> Environments | None:
        if operator in {"and", "&&"}:
            both = (self.environments(left, scope), self.environments(right, scope))
            if frozenset() in both:
                return frozenset()
            return both[0] & both[1] if both[0] is not None and both[1] is not None else None
        if operator in {"or", "||"}:
            either = (self.environments(left, scope), self.environments(right, scope))
            if self.universe in either:
                return self.universe
            return either[0] | either[1] if either[0] is not None and either[1] is not None else None
        if is_environment(self.text, right, scope):
            left, right = right, left
        if not is_environment(self.text, left, scope):
            return None
        named = self._named(right, scope)
        if named is None or operator not in {"==", "===", "in", "!=", "!==", "not in"}:
            return None
        return named if operator in {"==", "===", "in"} else self.universe - named

    def _named(self, node: Node, scope: Scope) -> Environments | None:
        value = Literals(self.text).value(node, scope)
        items = value.items if isinstance(value, Sequence) else (value,)
        if all(isinstance(item, Literal) and isinstance(item.value, Atom) for item in items):
            return frozenset(item.value.name for item in items if isinstance(item.value, Atom))  # type: ignore[union-attr]
        return None

    def _condition(
        self, node: Node, source: str, environments: Environments | None, *, otherwise: bool = False
    ) -> Condition:
        return Condition(" ".join(source.split()), environments, self.text.at(node), otherwise)


def named_environments(text: Text, root: Node) -> Environments:
    """Every environment that a file's conditions name."""
    found: set[str] = set()
    for node in nodes(root):
        kind = called(text, node)
        if kind not in BRANCHING and _operator(node) not in {"==", "===", "!=", "!==", "in", "not in"}:
            continue
        heads = [*arguments(node), *(head for clause in _clauses(node) for head in clause[:2] if head)]
        parts = [part for head in (heads or [node]) for part in nodes(head)] if kind else list(nodes(node))
        written = {text.of(part) for part in parts if part.type == "identifier"} | {called(text, p) for p in parts}
        if written & ENVIRONMENT_NAMES:
            found |= {text.of(part)[1:] for part in parts if part.type == "atom"}
    return frozenset(found)


def _branch(call: Node, name: str) -> tuple[Node, ...]:
    """The statements of `do` or `else`, written as a block or as a keyword."""
    block = next((child for child in call.named_children if child.type == "do_block"), None)
    if block is not None:
        if name == "else":
            block = next((child for child in block.named_children if child.type == "else_block"), None)
        kept = block.named_children if block is not None else []
        return tuple(child for child in kept if child.type not in {"comment", "else_block"})
    for given in arguments(call):
        for pair in given.named_children if given.type == "keywords" else ():
            key, value = pair.child_by_field_name("key"), pair.child_by_field_name("value")
            if key is not None and value is not None and (key.text or b"").strip() == f"{name}:".encode():
                return (value,)
    return ()


def _clauses(call: Node) -> Iterator[tuple[Node, Node | None, tuple[Node, ...]]]:
    """Pattern, guard and statements of each `pattern when guard -> statements`."""
    block = next((child for child in call.named_children if child.type == "do_block"), None)
    for clause in block.named_children if block is not None else ():
        left, right = clause.child_by_field_name("left"), clause.child_by_field_name("right")
        if clause.type != "stab_clause" or left is None:
            continue
        guard = None
        if _operator(left) == "when":
            guard, left = left.child_by_field_name("right"), left.child_by_field_name("left") or left
        patterns = [child for child in left.named_children if child.type != "comment"]
        if len(patterns) == 1:
            statements = right.named_children if right is not None else []
            yield patterns[0], guard, tuple(child for child in statements if child.type != "comment")


def _operator(node: Node) -> str:
    operator = node.child_by_field_name("operator")
    return operator.type if operator is not None else ""


def _sides(node: Node) -> tuple[Node, Node] | None:
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    return (left, right) if left is not None and right is not None and node.type == "binary_operator" else None
