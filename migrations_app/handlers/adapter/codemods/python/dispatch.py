"""What the class does with a tool's name: whether a call of a method is the same as `execute_tool` with its name."""

import ast
from dataclasses import dataclass

from migrations_app.handlers.adapter.project.adapters import tool_decorator
from migrations_app.handlers.adapter.project.module import Function, dotted
from migrations_app.handlers.adapter.project.names import Class, Project
from migrations_app.handlers.adapter.project.quiet import is_log

_BASES = ("BaseAdapter", "ThreadSafeAdapter")


@dataclass(frozen=True, slots=True)
class Dispatch:
    project: Project
    home: Class

    def why_not_named(self) -> tuple[str, str] | None:
        """Why `execute_tool` cannot be called on the generic adapter in the same way: a code and a message."""
        method = self.project.method(self.home, "execute_tool")
        if method is None:
            return "no_execute_tool", f"{self.home.name} has no execute_tool of its own in these files."
        if isinstance(method.node, ast.AsyncFunctionDef):
            return "awaits", f"{self.home.name}.execute_tool is async, and that of the generic adapter is not."
        return None

    def why_not_direct(self, tool: str) -> tuple[str, str] | None:
        """Why a call of the method itself may differ from `execute_tool` with its name."""
        method = self.project.method(self.home, tool)
        if method is None or not isinstance(method.node, Function):
            return "no_method", f"{self.home.name} has no method {tool} in these files."
        if isinstance(method.node, ast.AsyncFunctionDef):
            return "awaits", f"{self.home.name}.{tool} is async, and execute_tool of the generic adapter is not."
        if [tool_decorator(method.node)] != method.node.decorator_list:
            return "dispatch_differs", f"{tool} is not decorated with `tool` alone."
        named = self.why_not_named()
        if named is None and self._passes_on(tool):
            return None
        return "dispatch_differs", f"execute_tool does not hand {tool!r} to its method with the arguments as they are."

    def passes_call_tool(self) -> bool:
        """Whether `call_tool` is Snakepit's own."""
        based = any(
            dotted(base).rpartition(".")[2] in _BASES
            for one in self.project.lineage(self.home)
            for base in one.node.bases
        )
        return (
            based and not self.project.foreign_bases(self.home) and self.project.method(self.home, "call_tool") is None
        )

    def _passes_on(self, tool: str) -> bool:
        """`return self.call_tool(tool_name, **arguments)`, `if tool_name == "x": return self.x(**arguments)`."""
        method = self.project.method(self.home, "execute_tool")
        if method is None or not isinstance(method.node, ast.FunctionDef) or method.node.decorator_list:
            return False
        given = [one.arg for one in method.node.args.args[1:]]
        if len(given) < 2:
            return False
        for statement in method.node.body:
            match statement:
                case ast.Expr(value=ast.Constant()):
                    continue
                case ast.Expr(value=value) if is_log(value):
                    continue
                case ast.If(test=test, body=[ast.Return(value=value)], orelse=[]) if _compares(test, given[0]):
                    if _asked(test) == tool:
                        return self._is_pass(value, given, tool)
                    continue
                case ast.Return(value=value):
                    return self._is_pass(value, given, tool)
            return False
        return False

    def _is_pass(self, value: ast.expr | None, given: list[str], tool: str) -> bool:
        match value:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="self"), attr=name),
                args=args,
                keywords=[ast.keyword(arg=None) as all_],
            ):
                if not _is_arguments(all_.value, given[1]):
                    return False
                if name == "call_tool":
                    return [ast.unparse(one) for one in args] == [given[0]] and self.passes_call_tool()
                return name == tool and not args
        return False


def _compares(test: ast.expr, name: str) -> bool:
    match test:
        case ast.Compare(left=ast.Name(id=left), ops=[ast.Eq()], comparators=[ast.Constant(value=str())]):
            return left == name
    return False


def _asked(test: ast.expr) -> str:
    match test:
        case ast.Compare(comparators=[ast.Constant(value=str(text))]):
            return text
    return ""


def _is_arguments(node: ast.expr, name: str) -> bool:
    """`arguments`, `(arguments or {})`."""
    match node:
        case ast.BoolOp(op=ast.Or(), values=[ast.Name(id=left), ast.Dict(keys=[])]):
            return left == name
        case ast.Name(id=left):
            return left == name
    return False
