"""What a call answers: of a method or function of the project, of a library, of the adapter itself."""

import ast
from abc import abstractmethod

from migrations_app.handlers.adapter.mapping.bindings import Bindings
from migrations_app.handlers.adapter.mapping.reasons import is_async
from migrations_app.handlers.adapter.mapping.scopes import Frame
from migrations_app.handlers.adapter.mapping.symbols import (
    Adapter,
    Arguments,
    Known,
    Later,
    Library,
    Made,
    Own,
    OwnClass,
    Promise,
    Session,
    Symbol,
    Table,
)
from migrations_app.handlers.adapter.project.names import Method


class Calls(Bindings):
    """Raises Unproven wherever the answer is not certain."""

    @abstractmethod
    def run(self, method: Method, env: dict[str, Symbol]) -> Symbol:
        """What the function answers with these variables."""

    @abstractmethod
    def make(self, made: OwnClass, node: ast.Call, frame: Frame) -> Made:
        """An object of a class of the project. Raises Unproven for a class that does more than store."""

    def call(self, node: ast.Call, frame: Frame) -> Symbol:
        match node.func:
            case ast.Name(id="super") if not node.args and "super" not in frame.env:
                if any(isinstance(one, Made) for one in frame.env.values()):
                    raise self.unproven("own_code", "It uses super() of an object of the project", node, frame)
                return Adapter(after=frame.method.owner)
            case ast.Name(id="getattr" | "hasattr") if self.asks_adapter(node, frame):
                return self.asked(node, frame)
            case ast.Attribute(attr="call_tool", value=ast.Name(id="self")) if self.project.method(
                self.found, "call_tool"
            ) is None and isinstance(frame.env.get("self"), Adapter):
                return self._call_tool(node, frame)
            case ast.Attribute(attr=name, value=value):
                base = self.symbol(value, frame)
                if not isinstance(base, Adapter | Library | Session | Own | OwnClass | Made | Promise):
                    return self._method(name, base, node, frame)
        function = self.symbol(node.func, frame)
        if isinstance(function, Own):
            return self.own_call(function, node, frame)
        if isinstance(function, OwnClass):
            return self.make(function, node, frame)
        if isinstance(function, Library):
            return self.by_function(function.path, node, frame) or self.library_call(function.path, node, frame)
        raise self.unproven(
            "dispatch", f"It calls {ast.unparse(node.func)[:60]}, which is not known before", node, frame
        )

    def own_call(self, function: Own, node: ast.Call, frame: Frame) -> Symbol:
        env = self.bind(function, node, frame)
        answer = self.run(function.method, env)
        return Promise(answer) if is_async(function.method.node) else answer

    def _method(self, name: str, base: Symbol, node: ast.Call, frame: Frame) -> Symbol:
        plain = [self.symbol(one, frame) if isinstance(one, ast.Constant | ast.Name) else None for one in node.args]
        if (
            isinstance(base, Table)
            and not base.step
            and name == "get"
            and plain
            and isinstance(plain[0], Known)
            and not node.keywords
        ):
            return base.entries.get(plain[0].value) or (plain[1] if len(plain) > 1 and plain[1] else Known(None))
        key = plain[0] if plain else None
        if (
            isinstance(base, Arguments)
            and name == "get"
            and isinstance(key, Known)
            and isinstance(key.value, str)
            and not node.keywords
        ):
            default = plain[1] if len(plain) > 1 else Known(None)
            if len(plain) <= 2 and isinstance(default, Known) and not isinstance(default.value, bytes):
                self.look_into(node, frame)
                return Later({"argument": key.value, "default": default.value})
        return self.by_method(name, base, node, frame) or self.method_call(name, base, node, frame)

    def _call_tool(self, node: ast.Call, frame: Frame) -> Symbol:
        """Snakepit's `call_tool(name, **arguments)`: the method of that name."""
        named = self.symbol(node.args[0], frame) if len(node.args) == 1 else None
        if not isinstance(named, Known) or not isinstance(named.value, str):
            raise self.unproven("dispatch", "It calls a tool by a name that is not known before", node, frame)
        function = self.of_adapter(named.value, None, node, frame)
        if not isinstance(function, Own):
            raise self.unproven("dispatch", f"{named.value} is no method", node, frame)
        rest = ast.copy_location(ast.Call(node.func, [], node.keywords), node)
        return self.own_call(function, rest, frame)
