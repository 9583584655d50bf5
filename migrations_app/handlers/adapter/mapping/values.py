"""Values in the entry's own language, and when they are computed: where Python computes them, and once."""

import ast
import base64
from collections.abc import Sequence
from typing import Any, Final

from migrations_app.handlers.adapter.facts import Lines
from migrations_app.handlers.adapter.generic.allowing import never_function
from migrations_app.handlers.adapter.mapping.reasons import Unproven
from migrations_app.handlers.adapter.mapping.scopes import Frame, Scopes
from migrations_app.handlers.adapter.mapping.symbols import (
    Arguments,
    Known,
    Later,
    Library,
    Promise,
    Session,
    Symbol,
    Table,
)

_ITERATORS: Final = {"builtins.zip", "builtins.enumerate", "builtins.reversed"}


class Values(Scopes):
    """`recipe` grows while expressions are read."""

    def value(self, node: ast.expr, frame: Frame) -> dict[str, Any]:
        return self.written(self.symbol(node, frame), node, frame)

    def values(self, nodes: Sequence[ast.expr], frame: Frame) -> list[dict[str, Any]]:
        """From left to right. What an earlier one may still raise is done before the steps of a later one."""
        found: list[dict[str, Any]] = []
        for node in nodes:
            before = len(self.recipe.steps)
            value = self.value(node, frame)
            if len(self.recipe.steps) > before:
                for index, earlier in enumerate(found):
                    if not is_settled(earlier, self.recipe.mode):
                        found[index] = self.recipe.emit({"value": earlier}, at=before).value
                        before += 1
            found.append(value)
        return found

    def written(self, symbol: Symbol, node: ast.AST, frame: Frame) -> dict[str, Any]:
        """A symbol in the entry's language. Raises Unproven for what is no value there."""
        match symbol:
            case Known(value=bytes() as raw):
                return {"constant": base64.b64encode(raw).decode(), "convert": ["base64_decode"]}
            case Known(value=value):
                return {"constant": value}
            case Later(value=value):
                return value
            case Arguments():
                self.look_into(node, frame)
                return {"rest": True}
            case Table():
                return self._table(symbol, node, frame)
            case Library(path=path):
                self.allowed(path, node, frame)
                return {"library": path}
            case Session():
                raise self.unproven("session", "It uses the session context", node, frame)
        message = f"{ast.unparse(node)[:60]} hands on a function or an object of the project"
        raise self.unproven("own_code", message, node, frame)

    def _table(self, table: Table, node: ast.AST, frame: Frame) -> dict[str, Any]:
        """A dict that a variable holds is one object from the first time on that something else sees it."""
        if table.shared:
            raise self.unproven("state", "It hands on a dict that all calls share", node, frame)
        if table.step:
            return {"step": table.step}
        built = {"object": {key: self.written(one, node, frame) for key, one in table.entries.items()}}
        if not table.held:
            return built
        step = self.recipe.emit({"value": built}).value
        table.step = str(step["step"])
        return step

    def settle(self, symbol: Symbol, *, at: int | None = None) -> Symbol:
        """As a variable holds it: evaluated now, and the same object from now on."""
        if isinstance(symbol, Table):
            for key, one in symbol.entries.items():
                before = len(self.recipe.steps)
                symbol.entries[key] = self.settle(one, at=at)
                if at is not None:
                    at += len(self.recipe.steps) - before
            symbol.held = True
            return symbol
        if isinstance(symbol, Later) and not is_settled(symbol.value, self.recipe.mode):
            return self.recipe.emit({"value": symbol.value}, at=at)
        return symbol

    def look_into(self, node: ast.AST, frame: Frame) -> None:
        if self.recipe.mode == "keywords":
            raise self.unproven("expression", "It uses the arguments both as keywords and as a dict", node, frame)
        self.recipe.mode = "mapping"

    def allowed(self, path: str, node: ast.AST, frame: Frame) -> None:
        if path.partition(".")[0].startswith("snakepit_bridge"):
            raise self.unproven("session", f"It uses Snakepit's own {path}", node, frame)
        if reason := never_function(path):
            raise self.unproven("never_served", f"{path} is never served: {reason}", node, frame)
        self.recipe.functions.add(path)

    def called(self, path: str, values: list[dict[str, Any]]) -> Later:
        self.recipe.functions.add(path)
        return self.recipe.emit({"call": path, "args": values})

    def result(self, symbol: Symbol, node: ast.AST, frame: Frame) -> dict[str, Any]:
        """What the tool answers. Raises Unproven for an iterator, which would be a stream."""
        value = self.written(symbol.symbol if isinstance(symbol, Promise) else symbol, node, frame)
        last = next((step for step in self.recipe.steps if value == {"step": step["as"]}), {})
        if last.get("call") in _ITERATORS:
            raise self.unproven("streams", f"It answers with what {last['call']} gives, which is a stream", node, frame)
        return value

    def unproven(self, code: str, message: str, node: ast.AST, frame: Frame) -> Unproven:
        module = frame.method.module
        return Unproven(
            code, f"{message}.", module.place(node) if hasattr(node, "lineno") else Lines(module.path, 1, 1)
        )


def converted(value: dict[str, Any], name: str) -> Later:
    return Later({**value, "convert": [*value.get("convert", []), name]})


def is_settled(value: dict[str, Any], mode: str) -> bool:
    """Whether it means the same, and raises nothing, whenever it is looked at."""
    if set(value) - {"argument", "constant", "step", "rest", "if_none"}:
        return "constant" in value and value.get("convert") == ["base64_decode"]
    return "argument" not in value or mode == "keywords"


def beneath(value: dict[str, Any], part: dict[str, Any]) -> dict[str, Any] | None:
    """One part deeper; None when something happens after its path already."""
    if "convert" in value or "if_none" in value or "list" in value or "object" in value:
        return None
    return {**value, "path": [*value.get("path", []), part]}
