"""What the variables of a function of the project are when it begins, as Python binds them."""

import ast
from typing import Any

from migrations_app.handlers.adapter.mapping.decisions import Decisions
from migrations_app.handlers.adapter.mapping.scopes import Frame
from migrations_app.handlers.adapter.mapping.symbols import Adapter, Arguments, Known, Later, Own, Session, Symbol


class Bindings(Decisions):
    """Raises Unproven wherever a parameter has no place in an entry."""

    def bind(self, function: Own, node: ast.Call, frame: Frame) -> dict[str, Symbol]:
        """The function's variables at its start, as Python binds them."""
        given = function.method.node.args
        env: dict[str, Symbol] = dict(function.env or {})
        names = [one.arg for one in given.args]
        if function.bound and names:
            env[names.pop(0)] = function.receiver or Adapter()
        if given.posonlyargs or given.vararg:
            raise self.unproven("expression", f"{function.method.name} has parameters that no entry has", node, frame)
        if self._spreads_arguments(node, frame):
            return env | self._keywords(function, names, node, frame)
        if any(isinstance(one, ast.Starred) for one in node.args) or any(one.arg is None for one in node.keywords):
            raise self.unproven("expression", f"It unpacks arguments into {function.method.name}", node, frame)
        values: dict[str, Symbol] = {}
        for name, value in zip(names, node.args, strict=False):
            values[name] = self.settle(self.symbol(value, frame))
        for keyword in node.keywords:
            if keyword.arg is not None:
                values[keyword.arg] = self.settle(self.symbol(keyword.value, frame))
        known = {*names, *(one.arg for one in given.kwonlyargs)}
        defaults = self._defaults(function, names)
        missing = [name for name in known if name not in values and name not in defaults]
        if len(node.args) > len(names) or set(values) - known or missing or given.kwarg:
            raise self.unproven(
                "expression", f"What it hands to {function.method.name} does not fit its parameters", node, frame
            )
        for name in known - set(values):
            values[name] = self._default(defaults[name], function)
        return env | values

    def _spreads_arguments(self, node: ast.Call, frame: Frame) -> bool:
        """Whether the whole call is `function(**arguments)`, possibly with the context before it."""
        if len(node.keywords) == 1 and node.keywords[0].arg is None and isinstance(node.keywords[0].value, ast.Name):
            plain = all(isinstance(one, ast.Name) and isinstance(frame.env.get(one.id), Session) for one in node.args)
            return plain and isinstance(frame.env.get(node.keywords[0].value.id), Arguments)
        return False

    def _keywords(self, function: Own, names: list[str], node: ast.Call, frame: Frame) -> dict[str, Symbol]:
        if self.recipe.mode or self.recipe.steps:
            raise self.unproven("expression", "It does something before the arguments are bound", node, frame)
        self.recipe.mode = "keywords"
        given = function.method.node.args
        values: dict[str, Symbol] = {name: Session() for name in names[: len(node.args)]}
        if given.kwarg and values:
            self.recipe.assumed.append(f"That no caller passes an argument named {', '.join(values)} is assumed.")
        defaults = self._defaults(function, names)
        annotations = {one.arg: one.annotation for one in [*given.args, *given.kwonlyargs]}
        for name in [*names[len(node.args) :], *(one.arg for one in given.kwonlyargs)]:
            argument: dict[str, Any] = {"name": name}
            if annotation := annotations[name]:
                argument["type"] = ast.unparse(annotation)
            if name in defaults:
                default = self._default(defaults[name], function)
                if not isinstance(default, Known) or isinstance(default.value, bytes):
                    raise self.unproven(
                        "default", f"The default of {name} is no plain value", defaults[name], Frame(function.method)
                    )
                argument["default"] = default.value
            self.recipe.arguments.append(argument)
            values[name] = Later({"argument": name}, settled=True)
        if given.kwarg:
            self.recipe.more = True
            values[given.kwarg.arg] = Later({"rest": True}, settled=True)
        return values

    def _defaults(self, function: Own, names: list[str]) -> dict[str, ast.expr]:
        given = function.method.node.args
        found = dict(zip(reversed(names), reversed(given.defaults), strict=False))
        for one, default in zip(given.kwonlyargs, given.kw_defaults, strict=True):
            if default is not None:
                found[one.arg] = default
        return found

    def _default(self, node: ast.expr, function: Own) -> Symbol:
        frame = Frame(function.method)
        match node:
            case ast.Constant() | ast.UnaryOp(op=ast.USub(), operand=ast.Constant()):
                found = self.symbol(node, frame)
                if isinstance(found, Known):
                    return found
        raise self.unproven(
            "default", f"A default is {ast.unparse(node)[:60]}, which is made once for all calls", node, frame
        )
