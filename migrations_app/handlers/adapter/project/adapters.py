"""Which classes of a project are adapters, and which tools each has."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from migrations_app.handlers.adapter.facts import Form, Found, Lines
from migrations_app.handlers.adapter.project.module import Function, Module, dotted
from migrations_app.handlers.adapter.project.names import FRAMEWORK, Class, Method, Project
from migrations_app.handlers.adapter.project.quiet import lifecycle, own_nodes

ENTRIES = ("execute_tool", "process_command")
_NO_TOOLS = frozenset({*ENTRIES, "process_stream_command", "get_tools", "call_tool", "cleanup", "initialize"})


@dataclass(frozen=True, slots=True)
class Candidate:
    """`method` is what a call of the tool ends up in; None where the dispatch itself does the work."""

    name: str
    found: Found
    method: Method | None
    lines: Lines
    description: str = ""
    says_streaming: bool = False


def form_of(project: Project, found: Class) -> Form | None:
    """None for a class that is no adapter, Snakepit's own bases among them."""
    if found.name in FRAMEWORK:
        return None
    lineage = project.lineage(found)
    bases = {dotted(base).rpartition(".")[2] for one in lineage for base in one.node.bases}
    methods = {method.name for one in lineage for method in one.own()}
    if "ThreadSafeAdapter" in bases:
        return Form.THREAD_SAFE
    if "BaseAdapter" in bases:
        return Form.BASE
    if "BaseCommandHandler" in bases or methods & {"_register_commands", "process_command"}:
        return Form.COMMANDS
    return Form.PLAIN if "execute_tool" in methods else None


def classes(project: Project) -> Iterator[Class]:
    for _, module in sorted(project.modules.items()):
        for node in module.classes.values():
            yield project.of(node, module)


def candidates(project: Project, found: Class, form: Form) -> list[Candidate]:
    """The first way by which a name was found counts; sorted by name."""
    tools: dict[str, Candidate] = {}
    ways = [
        _decorated(project, found),
        _dispatched(project, found),
        _commands(project, found),
        _handlers(project, found),
    ]
    for way in ways:
        for one in way:
            known = tools.get(one.name)
            if known is None or (known.method is None and one.method is not None):
                tools[one.name] = one
    return [tools[name] for name in sorted(tools)]


def tool_decorator(node: Function) -> ast.expr | None:
    for decorator in node.decorator_list:
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        if dotted(called).rpartition(".")[2] == "tool":
            return decorator
    return None


def _decorated(project: Project, found: Class) -> Iterator[Candidate]:
    for one in project.lineage(found):
        for node in one.own():
            decorator = tool_decorator(node)
            if decorator is None:
                continue
            keywords = {key.arg: key.value for key in decorator.keywords} if isinstance(decorator, ast.Call) else {}
            if isinstance(decorator, ast.Call) and decorator.args:
                keywords.setdefault("description", decorator.args[0])
            description, streams = (keywords.get(name) for name in ("description", "supports_streaming"))
            yield Candidate(
                node.name,
                Found.DECORATED,
                Method(one.module, one, node),
                one.module.place(node),
                _text(description),
                isinstance(streams, ast.Constant) and streams.value is True,
            )


def _text(node: ast.expr | None) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _dispatched(project: Project, found: Class) -> Iterator[Candidate]:
    """What execute_tool, or an own process_command, compares the name with or looks it up in."""
    for entry in ENTRIES:
        method = project.method(found, entry)
        if method is None or not isinstance(method.node, Function):
            continue
        parameters = [one.arg for one in method.node.args.args if one.arg != "self"]
        if not parameters:
            continue
        for name, node in _names_compared(project, found, method, parameters[0]):
            yield _candidate(project, found, method.module, name, node, Found.DISPATCHED)


def _names_compared(project: Project, found: Class, method: Method, asked: str) -> Iterator[tuple[str, ast.AST]]:
    tables = _tables(project, found, method)
    for node in own_nodes(method.node):
        match node:
            case ast.Compare(left=ast.Name(id=name), ops=[ast.Eq() | ast.NotEq()], comparators=[other]) if (
                name == asked
            ):
                yield from _texts(other)
            case ast.Compare(left=other, ops=[ast.Eq()], comparators=[ast.Name(id=name)]) if name == asked:
                yield from _texts(other)
            case ast.Compare(left=ast.Name(id=name), ops=[ast.In() | ast.NotIn()], comparators=[other]) if (
                name == asked
            ):
                yield from _texts(other)
                yield from _keys(tables.get(dotted(other)))
            case ast.Match(subject=ast.Name(id=name)) if name == asked:
                for case in node.cases:
                    for inner in ast.walk(case.pattern):
                        if isinstance(inner, ast.MatchValue):
                            yield from _texts(inner.value)
            case ast.Subscript(value=table, slice=ast.Name(id=name)) if name == asked:
                yield from _keys(table if isinstance(table, ast.Dict) else tables.get(dotted(table)))
            case ast.Call(func=ast.Attribute(attr="get" | "pop", value=table), args=[ast.Name(id=name), *_]) if (
                name == asked
            ):
                yield from _keys(table if isinstance(table, ast.Dict) else tables.get(dotted(table)))
            case ast.Call(func=ast.Name(id="getattr"), args=[ast.Name(id="self"), named, *_]):
                yield from _methods_named(project, found, named, asked)


def _texts(node: ast.expr) -> Iterator[tuple[str, ast.AST]]:
    for one in node.elts if isinstance(node, ast.Tuple | ast.List | ast.Set) else [node]:
        if isinstance(one, ast.Constant) and isinstance(one.value, str):
            yield one.value, one


def _keys(table: ast.expr | None) -> Iterator[tuple[str, ast.AST]]:
    if isinstance(table, ast.Dict):
        for key, value in zip(table.keys, table.values, strict=True):
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                yield key.value, value


def _methods_named(project: Project, found: Class, named: ast.expr, asked: str) -> Iterator[tuple[str, ast.AST]]:
    """`getattr(self, f"tool_{name}")`: every method that such a name can reach."""
    prefix: str | None = None
    match named:
        case ast.Name(id=name) if name == asked:
            prefix = ""
        case ast.JoinedStr(values=[ast.Constant(value=str(text)), ast.FormattedValue(value=ast.Name(id=name))]) if (
            name == asked
        ):
            prefix = text
        case ast.BinOp(left=ast.Constant(value=str(text)), op=ast.Add(), right=ast.Name(id=name)) if name == asked:
            prefix = text
    if prefix is None:
        return
    for one in project.lineage(found):
        for method in one.own():
            rest = method.name.removeprefix(prefix)
            hidden = not rest or rest.startswith("_") or lifecycle(method.name) or method.name in _NO_TOOLS
            if method.name.startswith(prefix) and not hidden:
                yield rest, method


def _tables(project: Project, found: Class, method: Method) -> dict[str, ast.expr]:
    """Dict literals by the name under which a method sees them: local, of the module, of the class or of `__init__`."""
    tables: dict[str, ast.expr] = {}
    for name, bindings in method.module.bindings.items():
        if isinstance(bindings[-1], ast.Dict):
            tables[name] = bindings[-1]
    for one in reversed(project.lineage(found)):
        statements: list[tuple[ast.AST, str]] = [(statement, "self.") for statement in one.node.body]
        statements += [(node, "") for own in one.own() if own.name == "__init__" for node in own_nodes(own)]
        for assigning, prefix in statements:
            for target, value in _assigned(assigning):
                if isinstance(value, ast.Dict) and dotted(target):
                    tables[prefix + dotted(target)] = value
                    if prefix:
                        tables[f"{one.name}.{dotted(target)}"] = value
    for node in own_nodes(method.node):
        for target, value in _assigned(node):
            if isinstance(value, ast.Dict) and isinstance(target, ast.Name):
                tables[target.id] = value
    return tables


def _assigned(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    if isinstance(node, ast.Assign):
        yield from ((target, node.value) for target in node.targets)
    elif isinstance(node, ast.AnnAssign) and node.value is not None:
        yield node.target, node.value


def _commands(project: Project, found: Class) -> Iterator[Candidate]:
    """`register_command("name", handler)` anywhere in the class, and dicts that a loop registers from."""
    for one in project.lineage(found):
        for own in one.own():
            for node in own_nodes(own):
                match node:
                    case ast.Call(
                        func=ast.Attribute(attr="register_command"), args=[ast.Constant(value=str(name)), handler, *_]
                    ):
                        yield _candidate(project, found, one.module, name, handler, Found.COMMAND)
                    case ast.Dict() if own.name == "_register_commands":
                        for key, value in _keys(node):
                            yield _candidate(project, found, one.module, key, value, Found.COMMAND)


def _handlers(project: Project, found: Class) -> Iterator[Candidate]:
    """Tools in classes of the project with a `get_tools`, of which the adapter makes instances."""
    made = [
        node
        for one in project.lineage(found)
        for own in one.own()
        if own.name in ("__init__", "initialize")
        for node in own_nodes(own)
        if isinstance(node, ast.Call)
    ]
    modules = {one.module.path: one.module for one in project.lineage(found)}
    for call in made:
        for module in modules.values():
            handler = project.find_class(dotted(call.func), module) if dotted(call.func) else None
            getter = project.method(handler, "get_tools") if handler else None
            if handler is None or getter is None or handler is found:
                continue
            for node in own_nodes(getter.node):
                for name, value in _keys(node if isinstance(node, ast.Dict) else None):
                    wrapped: ast.AST = value.args[0] if isinstance(value, ast.Call) and value.args else value
                    yield _candidate(project, handler, getter.module, name, wrapped, Found.HANDLER)


def _candidate(project: Project, found: Class, module: Module, name: str, node: ast.AST, how: Found) -> Candidate:
    method = _method_of(project, found, module, node)
    place = method.module.place(method.node) if method else module.place(node)
    return Candidate(name, how, method, place)


def _method_of(project: Project, found: Class, module: Module, node: ast.AST) -> Method | None:
    """What a handler in a table is: a bound method, a lambda, a function of the module, or the name of a method."""
    match node:
        case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name):
            return project.method(found, name)
        case ast.Constant(value=str(name)):
            return project.method(found, name)
        case ast.Lambda():
            return Method(module, found, node)
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return project.method(found, node.name)
        case ast.Name(id=name):
            bound = module.likely(name)
            return Method(module, None, bound) if isinstance(bound, Function) else project.method(found, name)
    return None
