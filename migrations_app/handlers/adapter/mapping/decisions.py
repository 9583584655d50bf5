"""Conditions that have the same answer in every call of a tool."""

import ast
from typing import Final

from migrations_app.handlers.adapter.mapping.expressions import Expressions
from migrations_app.handlers.adapter.mapping.scopes import Frame
from migrations_app.handlers.adapter.mapping.symbols import Adapter, Known, Own, Symbol, Table

# What Snakepit's own base classes have.
_SNAKEPITS: Final = frozenset(
    """
    get_tools call_tool register_with_session register_with_session_async session_context session_id
    set_session_context initialize cleanup register_command process_command acquire_lock get_stats track_request
    get_thread_local set_thread_local clear_thread_local
    """.split()  # noqa: SIM905
)


class Decisions(Expressions):
    """Raises Unproven wherever the answer is not certain."""

    def decide(self, test: ast.expr, frame: Frame) -> bool | None:
        """Whether it holds in every call of this tool; None when that is not known before."""
        match test:
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                inner = self.decide(operand, frame)
                return None if inner is None else not inner
            case ast.BoolOp(op=op, values=values):
                ending = isinstance(op, ast.Or)
                for value in values:
                    one = self.decide(value, frame)
                    if one is None or one is ending:
                        return one
                return not ending
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                return self._compared(self._static(left, frame), op, right, frame)
            case ast.Call(func=ast.Name(id="callable"), args=[one]):
                return True if isinstance(self._static(one, frame), Own) else None
            case ast.Call(func=ast.Name(id="hasattr")) if self.asks_adapter(test, frame):
                asked = self.asked(test, frame)
                return bool(asked.value) if isinstance(asked, Known) else None
        found = self._static(test, frame)
        if isinstance(found, Own):
            return True
        return bool(found.value) if isinstance(found, Known) else None

    def _compared(self, left: Symbol | None, op: ast.cmpop, right: ast.expr, frame: Frame) -> bool | None:
        negated = isinstance(op, ast.NotEq | ast.NotIn | ast.IsNot)
        answer: bool | None = None
        if isinstance(op, ast.In | ast.NotIn) and isinstance(left, Known):
            if isinstance(right, ast.Tuple | ast.List | ast.Set):
                parts = [self._static(one, frame) for one in right.elts]
                if all(isinstance(one, Known) for one in parts):
                    answer = left.value in [one.value for one in parts if isinstance(one, Known)]
            else:
                table = self._static(right, frame)
                answer = left.value in table.entries if isinstance(table, Table) and not table.step else None
        elif isinstance(op, ast.Eq | ast.NotEq | ast.Is | ast.IsNot):
            other = self._static(right, frame)
            if isinstance(left, Known) and isinstance(other, Known):
                answer = left.value == other.value
            elif isinstance(left, Own | Table) and isinstance(other, Known) and other.value is None:
                answer = False
        return answer if answer is None or not negated else not answer

    def _static(self, node: ast.expr, frame: Frame) -> Symbol | None:
        """A name, attribute, text or look-up that needs no step; None for everything else."""
        if isinstance(node, ast.Constant | ast.Name) or (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and isinstance(frame.env.get(node.value.id), Adapter)
        ):
            return self.symbol(node, frame)
        return None

    def asks_adapter(self, node: ast.Call, frame: Frame) -> bool:
        first = node.args[0] if node.args else None
        return isinstance(first, ast.Name) and isinstance(frame.env.get(first.id), Adapter) and len(node.args) in (2, 3)

    def asked(self, node: ast.Call, frame: Frame) -> Symbol:
        """`getattr(self, name, default)` and `hasattr(self, name)`, for a name that is known."""
        named = self.symbol(node.args[1], frame)
        if not isinstance(named, Known) or not isinstance(named.value, str):
            raise self.unproven("dispatch", "It asks the adapter for a name that is not known before", node, frame)
        there = self.project.method(self.found, named.value) is not None
        if not there and (self.assigned(named.value) or named.value in _SNAKEPITS):
            message = f"Whether the adapter has {named.value} is not known before"
            raise self.unproven("dispatch", message, node, frame)
        if isinstance(node.func, ast.Name) and node.func.id == "hasattr":
            return Known(there)
        if not there and len(node.args) == 3:
            return self.symbol(node.args[2], frame)
        return self.of_adapter(named.value, None, node, frame)
