"""What an expression stands for, and the steps that give its value: in Python's own order of evaluation."""

import ast
import math
from typing import Any, Final

from migrations_app.handlers.adapter.generic.allowing import never_name
from migrations_app.handlers.adapter.mapping.operators import BINARY, COMPARING, UNARY
from migrations_app.handlers.adapter.mapping.scopes import Frame
from migrations_app.handlers.adapter.mapping.symbols import (
    Adapter,
    Arguments,
    Known,
    Later,
    Library,
    Made,
    Promise,
    Session,
    Symbol,
    Table,
)
from migrations_app.handlers.adapter.mapping.values import Values, beneath, converted, is_settled

_BY_FUNCTION: Final = {
    **{
        f"builtins.{name}": name
        for name in ("int", "float", "str", "bool", "list", "tuple", "set", "frozenset", "dict", "sorted")
    },
    "json.loads": "json_loads",
    "json.dumps": "json_dumps",
    "base64.b64decode": "base64_decode",
    "base64.b64encode": "base64_encode",
}
_BY_METHOD: Final = {
    "encode": "utf8_encode",
    "decode": "utf8_decode",
    "tolist": "tolist",
    "item": "item",
    "isoformat": "isoformat",
}
_EACH: Final = {f"builtins.{name}": f"list_of_{name}" for name in ("int", "float", "str", "bool")}
_SHOWN: Final = {-1: "", 115: "builtins.str", 114: "builtins.repr", 97: "builtins.ascii"}
PURE: Final = ("operator.", "builtins.")


class Expressions(Values):
    """Names, attributes, look-ups, operators, texts and calls of libraries."""

    def symbol(self, node: ast.expr, frame: Frame) -> Symbol:
        """Raises Unproven."""
        match node:
            case ast.Constant(value=value):
                return self._constant(value, node, frame)
            case ast.Name(id=name):
                return self.name(name, node, frame)
            case ast.Attribute():
                return self._attribute(node, frame)
            case ast.Call():
                return self.call(node, frame)
            case ast.Await(value=ast.Call() as call):
                promised = self.call(call, frame)
                if isinstance(promised, Promise):
                    return promised.symbol
                raise self.unproven("awaits", "It waits for something of a library", node, frame)
            case ast.Subscript():
                return self._subscript(node, frame)
        return self._built(node, frame)

    def _built(self, node: ast.expr, frame: Frame) -> Symbol:
        match node:
            case ast.Dict():
                return self._dict(node, frame)
            case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
                if any(isinstance(one, ast.Starred) for one in parts):
                    raise self.unproven("expression", "It unpacks into a list", node, frame)
                listed: dict[str, Any] = {"list": self.values(parts, frame)}
                if not isinstance(node, ast.List):
                    listed["convert"] = ["tuple" if isinstance(node, ast.Tuple) else "set"]
                return Later(listed)
            case ast.JoinedStr():
                return self._text(node, frame)
            case ast.Lambda():
                return self.lambda_of(node, frame)
            case ast.ListComp():
                return self._list_of(node, frame)
        return self._operation(node, frame)

    def _operation(self, node: ast.expr, frame: Frame) -> Symbol:
        match node:
            case ast.BinOp(left=left, op=op, right=right):
                return self._operator(BINARY[type(op)], [left, right], frame)
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)) if (
                type(number) is not bool
            ):
                return Known(-number)
            case ast.UnaryOp(op=op, operand=operand):
                return self._operator(UNARY[type(op)], [operand], frame)
            case ast.Compare(left=left, ops=[ast.In() | ast.NotIn() as op], comparators=[right]):
                needle, stack = self.values([left, right], frame)
                inside = self.called("operator.contains", [stack, needle])
                return inside if isinstance(op, ast.In) else self.called("operator.not_", [inside.value])
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                return self._operator(COMPARING[type(op)], [left, right], frame)
            case ast.BoolOp(op=ast.Or(), values=[first, ast.Dict(keys=[])]):
                if isinstance(self.symbol(first, frame), Arguments):
                    return Arguments()
            case ast.IfExp(test=test, body=body, orelse=orelse):
                decided = self.decide(test, frame)
                if decided is not None:
                    return self.symbol(body if decided else orelse, frame)
                if found := self.stand_in(test, body, orelse, frame):
                    return found
                raise self.unproven("branch", "It chooses between two values by a condition", node, frame)
        what = {ast.BoolOp: "and/or", ast.IfExp: "a condition"}.get(type(node), type(node).__name__)
        raise self.unproven(
            "expression", f"{ast.unparse(node)[:60]} is an expression of a kind that has no entry ({what})", node, frame
        )

    def stand_in(self, test: ast.expr, body: ast.expr, orelse: ast.expr, frame: Frame) -> Later | None:
        """`5 if x is None else x`, and the other way round."""
        match test:
            case ast.Compare(
                left=ast.Name(id=name), ops=[ast.Is() | ast.IsNot() as op], comparators=[ast.Constant(value=None)]
            ):
                constant, other = (body, orelse) if isinstance(op, ast.Is) else (orelse, body)
                held = frame.env.get(name)
                if (
                    isinstance(other, ast.Name)
                    and other.id == name
                    and isinstance(held, Later)
                    and is_settled(held.value, self.recipe.mode)
                ):
                    stand_in = self.symbol(constant, frame) if isinstance(constant, ast.Constant) else None
                    if isinstance(stand_in, Known) and not isinstance(stand_in.value, bytes):
                        again = "if_none" in held.value
                        value = self.recipe.emit({"value": held.value}).value if again else held.value
                        return Later({**value, "if_none": stand_in.value})
        return None

    def _operator(self, name: str, parts: list[ast.expr], frame: Frame) -> Later:
        return self.called(f"operator.{name}", self.values(parts, frame))

    def _constant(self, value: object, node: ast.AST, frame: Frame) -> Known:
        scalar = isinstance(value, str | int | bytes | None) or (isinstance(value, float) and math.isfinite(value))
        if not scalar:
            raise self.unproven("expression", f"The constant {value!r} has no entry", node, frame)
        return Known(value)

    def _attribute(self, node: ast.Attribute, frame: Frame) -> Symbol:
        base = self.symbol(node.value, frame)
        match base:
            case Adapter(after=after):
                return self.of_adapter(node.attr, after, node, frame)
            case Made():
                return self.of_made(base, node, frame)
            case Library(path=path):
                return self.of_library(f"{path}.{node.attr}", node, frame)
            case Session():
                raise self.unproven("session", f"It uses the session context ({node.attr})", node, frame)
            case Later() | Known() | Table() | Arguments() if not never_name(node.attr):
                self.recipe.attributes.add(node.attr)
                return self._part(self.written(base, node, frame), {"attribute": node.attr})
        raise self.unproven("expression", f"It reads the attribute {node.attr}", node, frame)

    def _part(self, value: dict[str, Any], part: dict[str, Any]) -> Later:
        deeper = beneath(value, part)
        return Later(deeper or {**self.recipe.emit({"value": value}).value, "path": [part]})

    def _subscript(self, node: ast.Subscript, frame: Frame) -> Symbol:
        base = self.symbol(node.value, frame)
        index = node.slice
        key = self.symbol(index, frame) if isinstance(index, ast.Constant | ast.Name) else None
        if isinstance(base, Table) and not base.step and isinstance(key, Known) and key.value in base.entries:
            return base.entries[key.value]
        if isinstance(base, Table) and base.shared:
            raise self.unproven("dispatch", "It looks for what a table does not have", node, frame)
        if isinstance(base, Arguments) and isinstance(key, Known) and isinstance(key.value, str):
            self.look_into(node, frame)
            return Later({"argument": key.value})
        plain = isinstance(base, Later | Known | Table) and isinstance(key, Known) and type(key.value) in (str, int)
        if plain and isinstance(key, Known):
            return self._part(self.written(base, node, frame), {"item": key.value})
        if isinstance(base, Library):
            raise self.unproven("expression", f"It looks into {base.path}", node, frame)
        if isinstance(index, ast.Slice):
            return self._slice(node, index, frame)
        return self._operator("getitem", [node.value, index], frame)

    def _slice(self, node: ast.Subscript, index: ast.Slice, frame: Frame) -> Later:
        nothing = ast.copy_location(ast.Constant(None), node)
        whole, *bounds = self.values(
            [node.value, *(one or nothing for one in (index.lower, index.upper, index.step))], frame
        )
        if not is_settled(whole, self.recipe.mode):
            whole = self.recipe.emit({"value": whole}).value
        cut = self.called("builtins.slice", bounds)
        return self.called("operator.getitem", [whole, cut.value])

    def _dict(self, node: ast.Dict, frame: Frame) -> Table:
        keys = [key.value if isinstance(key, ast.Constant) else None for key in node.keys]
        if not all(isinstance(key, str) for key in keys) or len(set(keys)) != len(keys):
            raise self.unproven("expression", "It builds a dict whose keys are not each one text", node, frame)
        entries: dict[str, Symbol] = {}
        for key, value in zip(keys, node.values, strict=True):
            before = len(self.recipe.steps)
            entry = self.symbol(value, frame)
            if len(self.recipe.steps) > before:
                for earlier, symbol in entries.items():
                    done = len(self.recipe.steps)
                    entries[earlier] = self.settle(symbol, at=before)
                    before += len(self.recipe.steps) - done
            entries[str(key)] = entry
        return Table(entries)

    def _text(self, node: ast.JoinedStr, frame: Frame) -> Symbol:
        parts: list[Symbol] = []
        for part in node.values:
            if not isinstance(part, ast.FormattedValue):
                parts.append(self.symbol(part, frame))
                continue
            inner = self.symbol(part.value, frame)
            if (
                isinstance(inner, Known)
                and isinstance(inner.value, str)
                and part.conversion == -1
                and part.format_spec is None
            ):
                parts.append(inner)
                continue
            value = self.written(inner, node, frame)
            if shown := _SHOWN[part.conversion]:
                value = self.called(shown, [value]).value
            specification = self.symbol(part.format_spec, frame) if part.format_spec else Known("")
            parts.append(self.called("builtins.format", [value, self.written(specification, node, frame)]))
        if all(isinstance(part, Known) for part in parts):
            return Known("".join(str(part.value) for part in parts if isinstance(part, Known)))
        self.recipe.methods.add("join")
        listed = {"list": [self.written(part, node, frame) for part in parts]}
        return self.recipe.emit({"method": "join", "on": {"constant": ""}, "args": [listed]})

    def _list_of(self, node: ast.ListComp, frame: Frame) -> Later:
        match node:
            case ast.ListComp(
                elt=ast.Call(func=ast.Name() as function, args=[ast.Name(id=given)], keywords=[]),
                generators=[ast.comprehension(target=ast.Name(id=one), iter=source, ifs=[], is_async=0)],
            ) if given == one:
                called = self.symbol(function, frame)
                if isinstance(called, Library) and called.path in _EACH and function.id != one:
                    return converted(self.value(source, frame), _EACH[called.path])
        raise self.unproven("loop", "It builds a list by a comprehension", node, frame)

    def by_function(self, path: str, node: ast.Call, frame: Frame) -> Later | None:
        if (
            path in _BY_FUNCTION
            and len(node.args) == 1
            and not node.keywords
            and not isinstance(node.args[0], ast.Starred)
        ):
            symbol = self.symbol(node.args[0], frame)
            return converted(self.written(symbol, node, frame), _BY_FUNCTION[path])
        return None

    def by_method(self, name: str, base: Symbol, node: ast.Call, frame: Frame) -> Later | None:
        if name in _BY_METHOD and not node.args and not node.keywords:
            return converted(self.written(base, node, frame), _BY_METHOD[name])
        return None

    def library_call(self, path: str, node: ast.Call, frame: Frame) -> Later:
        self.allowed(path, node, frame)
        return self.recipe.emit({"call": path, **self.given(node, frame)})

    def method_call(self, name: str, base: Symbol, node: ast.Call, frame: Frame) -> Later:
        if never_name(name):
            raise self.unproven(
                "never_served", f"The method {name} is never reached by the generic adapter", node, frame
            )
        owner = self.written(base, node, frame)
        before = len(self.recipe.steps)
        given = self.given(node, frame)
        if len(self.recipe.steps) > before:  # Python looks the method up before it computes the arguments
            if not is_settled(owner, self.recipe.mode) or "if_none" in owner or "convert" in owner:
                owner = self.recipe.emit({"value": owner}, at=before).value
                before += 1
            self.recipe.emit({"value": {**owner, "path": [{"attribute": name}]}}, at=before)
            self.recipe.attributes.add(name)
        self.recipe.methods.add(name)
        return self.recipe.emit({"method": name, "on": owner, **given})

    def given(self, node: ast.Call, frame: Frame) -> dict[str, Any]:
        """What a call is handed: positional first, then what is unpacked, as the entry has them too."""
        stars = [index for index, one in enumerate(node.args) if isinstance(one, ast.Starred)]
        doubles = [index for index, one in enumerate(node.keywords) if one.arg is None]
        if stars not in ([], [len(node.args) - 1]) or doubles not in ([], [len(node.keywords) - 1]):
            raise self.unproven("expression", "It unpacks arguments before others", node, frame)
        plain = [one.value if isinstance(one, ast.Starred) else one for one in node.args]
        values = self.values([*plain, *(one.value for one in node.keywords)], frame)
        positional, named = values[: len(plain)], values[len(plain) :]
        found: dict[str, Any] = {}
        if stars:
            found["star"] = positional.pop()
        if doubles:
            found["double_star"] = named.pop()
        if positional:
            found["args"] = positional
        if named:
            found["kwargs"] = {str(one.arg): value for one, value in zip(node.keywords, named, strict=False)}
        return found
