"""What a function of the project does when it is called with these arguments: its statements, one after the other."""

import ast
from typing import Any, Final

from migrations_app.handlers.adapter.mapping.expressions import Expressions
from migrations_app.handlers.adapter.mapping.operators import IN_PLACE
from migrations_app.handlers.adapter.mapping.reasons import is_async
from migrations_app.handlers.adapter.mapping.scopes import Frame
from migrations_app.handlers.adapter.mapping.symbols import (
    Adapter,
    Arguments,
    Known,
    Later,
    Library,
    Own,
    Promise,
    Session,
    Symbol,
    Table,
)
from migrations_app.handlers.adapter.project.module import Function, Imported, bound_by
from migrations_app.handlers.adapter.project.names import Method
from migrations_app.handlers.adapter.project.quiet import is_generator, is_log, own_nodes

DEEPEST: Final = 12
_IDENTITY: Final = ("tool", "thread_safe_method", "staticmethod", "override", "abstractmethod")


class Bodies(Expressions):
    """Raises Unproven wherever the answer is not certain."""

    def call(self, node: ast.Call, frame: Frame) -> Symbol:
        match node.func:
            case ast.Name(id="super") if not node.args and "super" not in frame.env:
                return Adapter(after=frame.method.owner)
            case ast.Name(id="getattr" | "hasattr") if self._asks_adapter(node, frame):
                return self._asked(node, frame)
            case ast.Attribute(attr="call_tool", value=ast.Name(id="self")) if (
                self.project.method(self.found, "call_tool") is None
            ):
                return self._call_tool(node, frame)
            case ast.Attribute(attr=name, value=value):
                base = self.symbol(value, frame)
                if not isinstance(base, Adapter | Library | Session | Own | Promise):
                    return self._method(name, base, node, frame)
        function = self.symbol(node.func, frame)
        if isinstance(function, Own):
            return self.own_call(function, node, frame)
        if isinstance(function, Library):
            return self.by_function(function.path, node, frame) or self.library_call(function.path, node, frame)
        raise self.unproven(
            "dispatch", f"It calls {ast.unparse(node.func)[:60]}, which is not known before", node, frame
        )

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

    def _asks_adapter(self, node: ast.Call, frame: Frame) -> bool:
        first = node.args[0] if node.args else None
        return isinstance(first, ast.Name) and isinstance(frame.env.get(first.id), Adapter) and len(node.args) in (2, 3)

    def _asked(self, node: ast.Call, frame: Frame) -> Symbol:
        """`getattr(self, name, default)` and `hasattr(self, name)`, for a name that is known."""
        named = self.symbol(node.args[1], frame)
        if not isinstance(named, Known) or not isinstance(named.value, str):
            raise self.unproven("dispatch", "It asks the adapter for a name that is not known before", node, frame)
        there = self.project.method(self.found, named.value) is not None
        if isinstance(node.func, ast.Name) and node.func.id == "hasattr":
            return Known(there)
        if not there and len(node.args) == 3:
            return self.symbol(node.args[2], frame)
        return self.of_adapter(named.value, None, node, frame)

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

    def own_call(self, function: Own, node: ast.Call, frame: Frame) -> Symbol:
        env = self._bind(function, node, frame)
        answer = self.run(function.method, env)
        return Promise(answer) if is_async(function.method.node) else answer

    def run(self, method: Method, env: dict[str, Symbol]) -> Symbol:
        """What the function answers with these variables."""
        node = method.node
        inner = Frame(method, env, frozenset(_bound_names(node)))
        if len(self.depth) >= DEEPEST or id(node) in self.depth:
            raise self.unproven("own_code", f"{method.name} calls itself, or is called too deep", node, inner)
        if is_generator(node):
            raise self.unproven("streams", f"{method.name} answers piece by piece (yield)", node, inner)
        for decorator in getattr(node, "decorator_list", []):
            self._check_decorator(decorator, inner)
        self.depth.append(id(node))
        self.frames.append(method)
        if isinstance(node, ast.Lambda):
            answer: Symbol | None = self.symbol(node.body, inner)
        else:
            answer = self._block(node.body, inner)
        self.depth.pop()
        return Known(None) if answer is None else answer

    def _check_decorator(self, decorator: ast.expr, frame: Frame) -> None:
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        name = ast.unparse(called).rpartition(".")[2]
        bound = frame.method.module.bindings.get(name, [])
        foreign = all(isinstance(one, Imported) and one.module.startswith("snakepit_bridge") for one in bound)
        if name not in _IDENTITY or not (foreign or name == "staticmethod"):
            own = self.project.follow(frame.method.module.likely(name), frame.method.module)[0].path
            if name in ("tool", "thread_safe_method") and "snakepit_bridge" in own:
                return
            raise self.unproven("decorator", f"The decorator {name} may change what it does", decorator, frame)

    def _bind(self, function: Own, node: ast.Call, frame: Frame) -> dict[str, Symbol]:
        """The function's variables at its start, as Python binds them."""
        given = function.method.node.args
        env: dict[str, Symbol] = dict(function.env or {})
        names = [one.arg for one in given.args]
        if function.bound and names:
            env[names.pop(0)] = Adapter()
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

    def _block(self, body: list[ast.stmt], frame: Frame) -> Symbol | None:
        """What it answers; None when it runs to its end."""
        for statement in body:
            answer = self._statement(statement, frame)
            if answer is not None:
                return answer
        return None

    def _statement(self, node: ast.stmt, frame: Frame) -> Symbol | None:
        match node:
            case ast.Return(value=None):
                return Known(None)
            case ast.Return(value=ast.expr() as value):
                return self.symbol(value, frame)
            case ast.Expr(value=ast.Constant()) | ast.Pass():
                pass
            case ast.Expr(value=value):
                self._effect(value, frame)
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                frame.env[name] = self._held(value, frame)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                frame.env[name] = self._held(value, frame)
            case ast.AugAssign(target=ast.Name(id=name) as target, op=op, value=value):
                before = ast.copy_location(ast.Name(name, ast.Load()), target)
                frame.env[name] = self._operator(IN_PLACE[type(op)], [before, value], frame)
            case ast.Import() | ast.ImportFrom():
                self._import(node, frame)
            case ast.If():
                return self._branch(node, frame)
            case ast.Match():
                return self._match(node, frame)
            case ast.Raise():
                raise self.unproven("raises", "It raises an error of its own", node, frame)
            case _:
                self._no_entry(node, frame)
        return None

    def _held(self, value: ast.expr, frame: Frame) -> Symbol:
        found = self.settle(self.symbol(value, frame))
        if isinstance(found, Promise):
            raise self.unproven("awaits", "It keeps something that is not awaited yet", value, frame)
        return found

    def _effect(self, value: ast.expr, frame: Frame) -> None:
        if is_log(value):
            self.recipe.assumed.append(f"The log line at {frame.method.module.place(value)} is not written any more.")
            return
        found = self.symbol(value, frame)
        if isinstance(found, Promise | Session):
            raise self.unproven("awaits", "It leaves something that is not awaited", value, frame)
        self.settle(found)

    def _import(self, node: ast.Import | ast.ImportFrom, frame: Frame) -> None:
        for one in frame.method.module.imports:
            if one.node is not node:
                continue
            for local, path in bound_by(one).items():
                binding = one if one.name else Imported(path, "", 0, node)
                frame.env[local] = self.imported(binding, local, node, frame)

    def _branch(self, node: ast.If, frame: Frame) -> Symbol | None:
        decided = self.decide(node.test, frame)
        if decided is not None:
            return self._block(node.body if decided else node.orelse, frame)
        match node:
            case ast.If(test=test, body=[ast.Assign(targets=[ast.Name(id=name)], value=value)], orelse=[]):
                same = ast.copy_location(ast.Name(name, ast.Load()), node)
                if found := self.stand_in(test, value, same, frame):
                    frame.env[name] = found
                    return None
        raise self.unproven("branch", "It does one thing or another, by a condition", node.test, frame)

    def _match(self, node: ast.Match, frame: Frame) -> Symbol | None:
        subject = self.symbol(node.subject, frame)
        if not isinstance(subject, Known):
            raise self.unproven("branch", "It does one thing or another, by a match", node, frame)
        for case in node.cases:
            patterns = case.pattern.patterns if isinstance(case.pattern, ast.MatchOr) else [case.pattern]
            for pattern in patterns:
                if case.guard is not None or not isinstance(pattern, ast.MatchValue | ast.MatchAs):
                    raise self.unproven("branch", "It matches by more than texts", pattern, frame)
                if isinstance(pattern, ast.MatchAs):
                    if pattern.pattern is not None or pattern.name is not None:
                        raise self.unproven("branch", "It matches by more than texts", pattern, frame)
                    return self._block(case.body, frame)
                value = self.symbol(pattern.value, frame)
                if not isinstance(value, Known):
                    raise self.unproven("branch", "It matches by more than texts", pattern, frame)
                if value.value == subject.value:
                    return self._block(case.body, frame)
        return None

    def _no_entry(self, node: ast.stmt, frame: Frame) -> None:
        kinds = {
            ast.For: "loop",
            ast.AsyncFor: "loop",
            ast.While: "loop",
            ast.Try: "try",
            ast.With: "with",
            ast.AsyncWith: "with",
        }
        code = kinds.get(type(node), "expression")
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Delete | ast.Global):
            code = "state"
        raise self.unproven(
            code, f"{type(node).__name__} has no entry: {ast.unparse(node).splitlines()[0][:60]}", node, frame
        )

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
            case ast.Call(func=ast.Name(id="hasattr")) if self._asks_adapter(test, frame):
                asked = self._asked(test, frame)
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


def _bound_names(node: Function | ast.Lambda) -> list[str]:
    given = node.args
    names: list[str] = [one.arg for one in [*given.posonlyargs, *given.args, *given.kwonlyargs]]
    names += [one.arg for one in (given.vararg, given.kwarg) if one]
    for inner in own_nodes(node):
        if isinstance(inner, ast.Name) and not isinstance(inner.ctx, ast.Load):
            names.append(inner.id)
        elif isinstance(inner, ast.Import | ast.ImportFrom):
            names += [alias.asname or alias.name.partition(".")[0] for alias in inner.names]
        elif isinstance(inner, Function | ast.ClassDef | ast.ExceptHandler):
            names.append(inner.name or "")
    return names
