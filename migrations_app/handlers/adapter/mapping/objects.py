"""Objects of the project's own classes that only store: handlers of tools, and what an adapter keeps them in."""

import ast
from typing import Final

from migrations_app.handlers.adapter.mapping.calls import Calls
from migrations_app.handlers.adapter.mapping.reasons import Unproven
from migrations_app.handlers.adapter.mapping.scopes import Frame
from migrations_app.handlers.adapter.mapping.symbols import Adapter, Made, Own, OwnClass, Symbol, Table
from migrations_app.handlers.adapter.project.attributes import EVERY, attributes_of
from migrations_app.handlers.adapter.project.names import Assigned, Class, Method
from migrations_app.handlers.adapter.project.quiet import is_generator, own_nodes

# With one of these a class does more than keep what it is given.
_SPECIAL: Final = frozenset(
    """
    __new__ __getattr__ __getattribute__ __setattr__ __delattr__ __init_subclass__ __class_getitem__ __del__ __slots__
    """.split()  # noqa: SIM905
)


class Objects(Calls):
    """Snakepit makes the adapter, and so its objects, anew for each request: only lines that are read change them."""

    def make(self, made: OwnClass, node: ast.Call, frame: Frame) -> Made:
        self._check_class(made.of, node, frame)
        constructor = self.project.method(made.of, "__init__")
        if constructor is None:
            if node.args or node.keywords:
                raise self.unproven("own_code", f"{made.of.name} takes no arguments", node, frame)
            return Made(made.of, {})
        if not isinstance(constructor.node, ast.FunctionDef) or constructor.node.decorator_list:
            raise self.unproven("own_code", f"{made.of.name}.__init__ is decorated or async", node, frame)
        env = self.bind(Own(constructor, bound=True, receiver=Made(made.of, {})), node, frame)
        return Made(made.of, self._stored(constructor, Frame(constructor, env)))

    def of_made(self, made: Made, node: ast.Attribute, frame: Frame) -> Symbol:
        assigned = attributes_of(self.project, made.of)
        known = [*assigned.get(node.attr, []), *assigned.get(EVERY, []), *self.assigned(node.attr)]
        if node.attr in made.attributes and len(known) == 1:
            stored: Symbol = made.attributes[node.attr]
            return stored
        method = self.project.method(made.of, node.attr)
        if node.attr in self.replaced:
            raise self.unproven("patched", f"The project replaces an attribute {node.attr}", node, frame)
        if method is None or known:
            raise self.unproven("state", f"It uses {node.attr} of an object of {made.of.name}", node, frame)
        if not isinstance(method.node, ast.FunctionDef | ast.AsyncFunctionDef) or method.node.decorator_list:
            raise self.unproven("decorator", f"{method.name} is decorated", node, frame)
        return Own(method, bound=True, receiver=made)

    def set_up(self, name: str, assigned: list[Assigned]) -> Symbol | None:
        assigned = self._set(name, assigned)
        constructor = self._constructor(assigned)
        value = _assignment(constructor, name) if constructor else None
        if constructor is None or value is None:
            return None
        steps = len(self.recipe.steps)
        frame = Frame(constructor, {"self": Adapter()})
        found = self._object(value, frame)
        if len(assigned) > 1:
            found = self._registered(name, found, len(assigned) - 1, frame) if isinstance(found, Table) else None
        return found if len(self.recipe.steps) == steps else None

    def only_makes(self, statement: ast.stmt) -> bool:
        """Whether a statement of the adapter's `__init__` makes and stores such objects, and nothing else."""
        name = _stored_name(statement) or (_registering(statement) or ("", None))[0]
        try:
            found = self.set_up(name, self.assigned(name)) if name else None
            stored = bool(_stored_name(statement)) and (found is not None or bool(self._listed(name)))
        except Unproven:
            return False
        return stored or isinstance(found, Table)

    def _set(self, name: str, assigned: list[Assigned]) -> list[Assigned]:
        """Where an object is stored; the calls of its methods are no changes: these are read where they are called."""
        if not any(isinstance(value, ast.Call) for _, value in assigned):
            return assigned
        found = attributes_of(self.project, self.found, calls_change=False)
        return [*found.get(name, []), *found.get(EVERY, [])]

    def _constructor(self, assigned: list[Assigned]) -> Method | None:
        """The adapter's `__init__`, where that alone sets the attribute, and runs to its end."""
        found = self.project.method(self.found, "__init__")
        if found is None or not isinstance(found.node, ast.FunctionDef) or not assigned:
            return None
        elsewhere = any(not isinstance(owner, Method) or owner.node is not found.node for owner, _ in assigned)
        if self.project.method(self.found, "_register_commands") is not None:
            return None  # of the time before gRPC: made once for all calls
        returns = any(isinstance(node, ast.Return) for node in own_nodes(found.node))
        named = [one.arg for one in found.node.args.args] == ["self"]
        return None if elsewhere or returns or not named else found

    def _listed(self, name: str) -> list[Symbol]:
        """`self.name = [Handler(), ...]`, which nothing else changes."""
        assigned = self.assigned(name)
        constructor = self._constructor(assigned)
        value = _assignment(constructor, name) if constructor and len(assigned) == 1 else None
        if constructor is None or not isinstance(value, ast.List | ast.Tuple):
            return []
        made = [self._object(one, Frame(constructor, {"self": Adapter()})) for one in value.elts]
        return [one for one in made if isinstance(one, Made)] if all(isinstance(one, Made) for one in made) else []

    def _object(self, value: ast.expr, frame: Frame) -> Symbol | None:
        """`Handler()`, `{"text": Handler()}`, `{}`."""
        match value:
            case ast.Call(func=ast.Name() | ast.Attribute()) if not _own_attributes(value):
                found = self.symbol(value, frame)
                return found if isinstance(found, Made) else None
            case ast.Dict(keys=keys, values=values):
                entries: dict[str, Symbol] = {}
                for key, one in zip(keys, values, strict=True):
                    inner = self._object(one, frame) if isinstance(one, ast.Call) else None
                    if not isinstance(key, ast.Constant) or not isinstance(key.value, str) or inner is None:
                        return None
                    entries[key.value] = inner
                return Table(entries, shared=True)
        return None

    def _registered(self, name: str, table: Table, changes: int, frame: Frame) -> Table | None:
        """After `self.tools.update(self.text.get_tools())`, also for each of `self.handlers` or their `values()`."""
        entries = dict(table.entries)
        body: list[ast.stmt] = getattr(frame.method.node, "body", [])
        found = [one for one in body if (_registering(one) or ("", None))[0] == name]
        if len(found) != changes or not all(self._in_order(one, body) for one in found):
            return None
        for statement in found:
            _, added = _registering(statement) or ("", None)
            for variables in self._each(statement, frame):
                given = self.symbol(added, Frame(frame.method, {**frame.env, **variables})) if added else None
                if not isinstance(given, Table) or given.step:
                    return None
                entries |= given.entries
        return Table(entries, shared=True)

    def _each(self, statement: ast.stmt, frame: Frame) -> list[dict[str, Symbol]]:
        """The loop's variable in each round; once without one where there is no loop."""
        match statement:
            case ast.For(target=ast.Name(id=one), iter=ast.Attribute(attr=name)):
                return [{one: made} for made in self._listed(name)]
            case ast.For(target=ast.Name(id=one), iter=ast.Call(func=ast.Attribute(value=ast.Attribute() as held))):
                table = self.symbol(held, frame)
                return [{one: made} for made in table.entries.values()] if isinstance(table, Table) else []
        return [{}]

    def _in_order(self, statement: ast.stmt, body: list[ast.stmt]) -> bool:
        """Whether all that it uses of the adapter is stored before it; what it reads, nothing changes later."""
        target = (_registering(statement) or ("", None))[0]
        before = {_stored_name(one) for one in body[: body.index(statement)]}
        used = _own_attributes(statement)
        return used <= before and all(len(self._set(name, self.assigned(name))) == 1 for name in used - {target})

    def _stored(self, constructor: Method, frame: Frame) -> dict[str, Symbol]:
        """What `__init__` stores: what it is given, and constants. Of the rest it must be sure that it only stores."""
        own = constructor.node.args.args[0].arg
        stored: dict[str, Symbol] = {}
        for statement in getattr(constructor.node, "body", []):
            match statement:
                case ast.Pass() | ast.Expr(value=ast.Constant()):
                    continue
                case ast.Assign(targets=[ast.Attribute(value=ast.Name(id=name), attr=attribute)], value=value) | (
                    ast.AnnAssign(
                        target=ast.Attribute(value=ast.Name(id=name), attr=attribute), value=ast.expr() as value
                    )
                ) if name == own:
                    if isinstance(value, ast.Constant | ast.Name):
                        stored[attribute] = self.symbol(value, frame)
                        continue
                    if isinstance(value, ast.Dict | ast.List) and not ast.unparse(value).strip("[]{}"):
                        continue  # made anew, and never looked into: it is no stored value
                    match value:
                        case ast.Attribute(value=of, attr="__name__") if isinstance(self.symbol(of, frame), Own):
                            continue  # not looked into either
            raise self.unproven("own_code", f"{constructor.name} does more than store", statement, frame)
        return stored

    def _check_class(self, found: Class, node: ast.AST, frame: Frame) -> None:
        methods = {one.name for one in found.own()}
        bases = [ast.unparse(base) for base in found.node.bases]
        if (
            found.node.decorator_list
            or found.node.keywords
            or [base for base in bases if base != "object"]
            or methods & _SPECIAL
            or found.name in self.replaced
        ):
            message = f"{found.name} has bases, decorators or special methods, or is replaced"
            raise self.unproven("own_code", message, node, frame)
        init = self.project.method(found, "__init__")
        if init is not None and is_generator(init.node):
            raise self.unproven("own_code", f"{found.name}.__init__ is a generator", node, frame)


def _stored_name(statement: ast.stmt) -> str:
    """`self.name = ...`."""
    match statement:
        case ast.Assign(targets=[ast.Attribute(value=ast.Name(id="self"), attr=name)]):
            return name
        case ast.AnnAssign(target=ast.Attribute(value=ast.Name(id="self"), attr=name), value=ast.expr()):
            return name
    return ""


def _assignment(constructor: Method, name: str) -> ast.expr | None:
    """What one statement of `__init__` gives an attribute, under no condition."""
    found = [
        statement.value
        for statement in getattr(constructor.node, "body", [])
        if _stored_name(statement) == name and isinstance(statement, ast.Assign | ast.AnnAssign)
    ]
    return found[0] if len(found) == 1 else None


def _own_attributes(node: ast.AST) -> set[str]:
    """`self.name`, wherever it stands."""
    return {
        one.attr
        for one in ast.walk(node)
        if isinstance(one, ast.Attribute) and isinstance(one.value, ast.Name) and one.value.id == "self"
    }


def _registering(statement: ast.stmt) -> tuple[str, ast.expr] | None:
    """Which attribute `self.name.update(x.get_tools())` adds to, alone or for each handler, and what is added."""
    match statement:
        case ast.For(
            target=ast.Name(),
            iter=ast.Attribute(value=ast.Name(id="self"))
            | ast.Call(
                func=ast.Attribute(value=ast.Attribute(value=ast.Name(id="self")), attr="values"), args=[], keywords=[]
            ),
            body=[ast.Expr() as inner],
            orelse=[],
        ):
            return _registering(inner)
        case ast.Expr(
            value=ast.Call(
                func=ast.Attribute(value=ast.Attribute(value=ast.Name(id="self"), attr=name), attr="update"),
                args=[added],
                keywords=[],
            )
        ):
            return name, added
    return None
