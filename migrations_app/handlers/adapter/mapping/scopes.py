"""What a name means where it stands: a variable, or something of the module, adapter, a library or Python."""

import ast
import builtins
from abc import ABC, abstractmethod
from dataclasses import dataclass, field

from migrations_app.handlers.adapter.mapping.reasons import Unproven
from migrations_app.handlers.adapter.mapping.symbols import (
    Adapter,
    Known,
    Library,
    Made,
    Own,
    OwnClass,
    Recipe,
    Session,
    Symbol,
    Table,
)
from migrations_app.handlers.adapter.project.attributes import EVERY, attributes_of
from migrations_app.handlers.adapter.project.module import Function, Imported, Module, bound_by
from migrations_app.handlers.adapter.project.names import Assigned, Class, Method, Project

_SESSION = ("session_context", "_session_context", "session_id")


@dataclass(slots=True)
class Frame:
    """One function that is being read. `env` has its variables; `local` every name that it binds anywhere."""

    method: Method
    env: dict[str, Symbol] = field(default_factory=dict)
    local: frozenset[str] = frozenset()


@dataclass
class Scopes(ABC):
    project: Project
    found: Class
    recipe: Recipe
    depth: list[int] = field(default_factory=list)
    frames: list[Method] = field(default_factory=list)

    @property
    def replaced(self) -> frozenset[str]:
        """Names of attributes that some statement of the project assigns to, of a module or class."""
        return self.project.replaced

    def name(self, name: str, node: ast.AST, frame: Frame) -> Symbol:
        if name in frame.env:
            return frame.env[name]
        if name in frame.local:
            raise self.unproven("unknown_name", f"{name} may have no value here", node, frame)
        module = frame.method.module
        if name in module.bindings:
            return self._of_module(name, node, frame)
        if name in module.rebound or module.star:
            raise self.unproven(
                "unknown_name", f"{name} may come from an import of everything, or be rebound", node, frame
            )
        if hasattr(builtins, name):
            return Library(f"builtins.{name}")
        raise self.unproven("unknown_name", f"{name} has no meaning in {module.path}", node, frame)

    def _of_module(self, name: str, node: ast.AST, frame: Frame) -> Symbol:
        module = frame.method.module
        try:
            binding = module.only(name)
        except LookupError:
            message = f"{name} is bound more than once, or under a condition, in {module.path}"
            raise self.unproven("unknown_name", message, node, frame) from None
        if isinstance(binding, Imported):
            return self.imported(binding, name, node, frame)
        if isinstance(binding, Function):
            return Own(Method(module, None, binding), bound=False)
        if name in self.replaced:
            raise self.unproven("patched", f"The project replaces {name} of some module", node, frame)
        if isinstance(binding, ast.Dict) and not module.only_looked_into(name):
            raise self.unproven(
                "state", f"It uses the dict {name} of {module.path}, which others may change", node, frame
            )
        if isinstance(binding, ast.Constant | ast.Dict):
            return self.constant_of(binding, node, Frame(frame.method))
        if isinstance(binding, ast.ClassDef):
            return OwnClass(self.project.of(binding, module))
        raise self.unproven("state", f"It uses the variable {name} of {module.path}", node, frame)

    def imported(self, binding: Imported, name: str, node: ast.AST, frame: Frame) -> Symbol:
        module = frame.method.module
        home, target = self.project.follow(binding, module)
        if isinstance(target, Function) and binding.name not in self.replaced:
            return Own(Method(home, None, target), bound=False)
        if isinstance(target, ast.ClassDef) and self._is_only(binding, module):
            return OwnClass(self.project.of(target, home))
        if binding.level or self.project.is_own(binding.module, seen_from=module):
            raise self.unproven(
                "own_code", f"{name} comes from the project's own {binding.module or 'package'}", node, frame
            )
        path = f"{binding.module}.{binding.name}" if binding.name else bound_by(binding).get(name, binding.module)
        return self.of_library(path, node, frame)

    def _is_only(self, binding: Imported, module: Module) -> bool:
        """Whether every module on the way binds the name once, and nothing replaces it."""
        while isinstance(binding, Imported):
            there = self.project.module(binding.module, seen_from=module, level=binding.level)
            if there is None or there.star or binding.name in self.replaced:
                return False
            try:
                module, following = there, there.only(binding.name)
            except LookupError:
                return False
            if not isinstance(following, Imported):
                return True
            binding = following
        return True

    def of_library(self, path: str, node: ast.AST, frame: Frame) -> Library:
        if frame.method.module.star:
            message = (
                f"{frame.method.module.path} imports everything of a module, or replaces modules: {path} may be another"
            )
            raise self.unproven("unknown_name", message, node, frame)
        for patched in self.project.patched:
            if path == patched or path.startswith(f"{patched}."):
                raise self.unproven("patched", f"The project replaces {patched}", node, frame)
        return Library(path)

    def constant_of(self, binding: ast.Constant | ast.Dict, node: ast.AST, frame: Frame) -> Symbol:
        """Of a module or class: a scalar, or a table of texts that nothing changes."""
        if isinstance(binding, ast.Constant):
            if isinstance(binding.value, str | int | float | bytes | None):
                return Known(binding.value)
        elif all(
            isinstance(one, ast.Constant) and isinstance(one.value, str) for one in [*binding.keys, *binding.values]
        ):
            keys = [str(key.value) for key in binding.keys if isinstance(key, ast.Constant)]
            texts = [Known(one.value) for one in binding.values if isinstance(one, ast.Constant)]
            return Table(dict(zip(keys, texts, strict=True)), shared=True)
        raise self.unproven("state", "It uses a variable of the module or class", node, frame)

    def of_adapter(self, name: str, after: Class | None, node: ast.AST, frame: Frame) -> Symbol:
        if name == "session_context" and self._stores_session():
            return Session()
        if name in _SESSION:
            raise self.unproven("session", f"It uses the session ({name})", node, frame)
        if name in self.replaced:
            raise self.unproven("patched", f"The project replaces an attribute {name}", node, frame)
        assigned = self.assigned(name)
        method = self.project.method(self.found, name, after=after)
        if method is not None and not assigned:
            return Own(method, bound=_is_bound(method))
        if method is None and (made := self.set_up(name, assigned)) is not None:
            return made
        if method is None and len(assigned) == 1 and not isinstance(assigned[0][1], ast.AST):
            raise self.unproven("state", f"It uses the adapter's own {name}", node, frame)
        if method is None and len(assigned) == 1:
            owner, value = assigned[0]
            if isinstance(value, ast.Constant):
                return self.constant_of(value, node, frame)
            if isinstance(value, ast.Dict):
                return self._table_of_methods(owner, value, node, frame)
        if method is None and not assigned:
            raise self.unproven("missing", f"The adapter has no {name} of its own", node, frame)
        raise self.unproven("state", f"It uses the adapter's own {name}", node, frame)

    def _stores_session(self) -> bool:
        """Whether `set_session_context` does nothing but that, as Snakepit's own does."""
        method = self.project.method(self.found, "set_session_context")
        if method is None:
            return False
        if not isinstance(method.node, ast.FunctionDef) or len(method.node.args.args) != 2:
            return False
        stored = f"self.session_context = {method.node.args.args[1].arg}"
        body = [one for one in method.node.body if not isinstance(getattr(one, "value", None), ast.Constant)]
        return [ast.unparse(one) for one in body] == [stored]

    def assigned(self, name: str) -> list[Assigned]:
        known = self.project.assigned.get(id(self.found.node))
        if known is None:
            known = self.project.assigned[id(self.found.node)] = attributes_of(self.project, self.found)
        return [*known.get(name, []), *known.get(EVERY, [])]

    def _table_of_methods(self, owner: Method | Class, value: ast.Dict, node: ast.AST, frame: Frame) -> Table:
        entries: dict[str, Symbol] = {}
        for key, one in zip(value.keys, value.values, strict=True):
            if not isinstance(key, ast.Constant) or not isinstance(key.value, str):
                raise self.unproven("dispatch", "A table has keys that are no texts", node, frame)
            match one:
                case ast.Attribute(value=ast.Name(id="self"), attr=name):
                    entries[key.value] = self.of_adapter(name, None, node, frame)
                case ast.Name(id=name) if isinstance(owner, Class) and (
                    method := self.project.method(self.found, name)
                ):
                    entries[key.value] = Own(method, bound=False)
                case ast.Constant(value=str(text)):
                    entries[key.value] = Known(text)
                case ast.Lambda():
                    home = owner if isinstance(owner, Method) else Method(owner.module, owner, one)
                    entries[key.value] = self.lambda_of(one, Frame(home, {"self": Adapter()}))
                case _:
                    raise self.unproven(
                        "state", "A table of the adapter holds more than methods and texts", node, frame
                    )
        return Table(entries, shared=True)

    def lambda_of(self, node: ast.Lambda, frame: Frame) -> Own:
        return Own(Method(frame.method.module, frame.method.owner, node), bound=False, env=dict(frame.env))

    @abstractmethod
    def unproven(self, code: str, message: str, node: ast.AST, frame: Frame) -> Unproven:
        """To be raised: with the place of the node."""

    @abstractmethod
    def of_made(self, made: Made, node: ast.Attribute, frame: Frame) -> Symbol:
        """An attribute of an object of the project. Raises Unproven."""

    @abstractmethod
    def set_up(self, name: str, assigned: list[Assigned]) -> Symbol | None:
        """What an attribute of the adapter holds when its `__init__` made objects for it; None where that is open."""

    @abstractmethod
    def symbol(self, node: ast.expr, frame: Frame) -> Symbol:
        """What an expression stands for. Raises Unproven."""

    @abstractmethod
    def call(self, node: ast.Call, frame: Frame) -> Symbol:
        """What a call answers. Raises Unproven."""

    @abstractmethod
    def decide(self, test: ast.expr, frame: Frame) -> bool | None:
        """Whether a condition holds in every call of this tool; None when that is not known before."""


def _is_bound(method: Method) -> bool:
    named = {one.id for one in getattr(method.node, "decorator_list", []) if isinstance(one, ast.Name)}
    return "staticmethod" not in named
