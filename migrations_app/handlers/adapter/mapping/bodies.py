"""What a function of the project does when it is called with these arguments: its statements, one after the other."""

import ast
from typing import Final

from migrations_app.handlers.adapter.mapping.objects import Objects
from migrations_app.handlers.adapter.mapping.operators import IN_PLACE
from migrations_app.handlers.adapter.mapping.scopes import Frame
from migrations_app.handlers.adapter.mapping.symbols import Known, Promise, Session, Symbol
from migrations_app.handlers.adapter.project.module import Function, Imported, bound_by
from migrations_app.handlers.adapter.project.names import Method
from migrations_app.handlers.adapter.project.quiet import is_generator, is_log, own_nodes

DEEPEST: Final = 12
_IDENTITY: Final = ("tool", "thread_safe_method", "staticmethod", "override", "abstractmethod")


class Bodies(Objects):
    """Raises Unproven wherever the answer is not certain."""

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
        raise self.unproven(code, f"No entry can say “{ast.unparse(node).splitlines()[0][:60]}”", node, frame)


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
