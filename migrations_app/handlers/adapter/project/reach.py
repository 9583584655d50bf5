"""What a tool reaches: the functions of the project that it calls, and the effects that show in them."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from migrations_app.handlers.adapter.facts import Effect, EffectKind
from migrations_app.handlers.adapter.project.module import Function, Imported, Module, bound_by, dotted
from migrations_app.handlers.adapter.project.names import Class, Method, Project
from migrations_app.handlers.adapter.project.quiet import own_nodes

MOST_FUNCTIONS = 200
_KINDS: tuple[tuple[EffectKind, tuple[str, ...]], ...] = (
    (
        EffectKind.SUBPROCESS,
        (
            "subprocess",
            "multiprocessing",
            "pty",
            "os.system",
            "os.popen",
            "os.fork",
            "os.exec",
            "os.spawn",
            "os.posix_spawn",
            "os.kill",
            "asyncio.create_subprocess",
            "concurrent.futures.ProcessPoolExecutor",
        ),
    ),
    (
        EffectKind.NETWORK,
        (
            "socket",
            "ssl",
            "http",
            "urllib",
            "ftplib",
            "smtplib",
            "imaplib",
            "requests",
            "httpx",
            "aiohttp",
            "grpc",
            "urllib3",
            "websockets",
            "websocket",
            "boto3",
            "redis",
            "psycopg",
            "psycopg2",
            "pymongo",
            "openai",
            "anthropic",
            "google.genai",
            "google.generativeai",
            "asyncio.open_connection",
        ),
    ),
    (
        EffectKind.ENVIRONMENT,
        (
            "os.environ",
            "os.environb",
            "os.getenv",
            "os.putenv",
            "os.getcwd",
            "os.chdir",
            "os.umask",
            "platform",
            "sys.argv",
            "sys.path",
            "sys.modules",
            "locale",
            "os.getpid",
            "psutil",
            "resource",
            "sys.version",
        ),
    ),
    (EffectKind.THREADS, ("threading", "_thread", "concurrent.futures", "asyncio", "queue")),
    (
        EffectKind.FILES,
        (
            "open",
            "io.open",
            "shutil",
            "tempfile",
            "glob",
            "fileinput",
            "zipfile",
            "tarfile",
            "sqlite3",
            "shelve",
            "dbm",
            "pathlib",
            "os.path.exists",
            "os",
            "numpy.load",
            "numpy.save",
            "pandas.read_",
            "pickle.dump",
            "pickle.load",
            "json.dump",
            "json.load",
            "joblib",
            "torch.save",
            "torch.load",
        ),
    ),
    (
        EffectKind.RANDOMNESS,
        ("random", "secrets", "uuid.uuid1", "uuid.uuid4", "numpy.random", "os.urandom", "torch.rand"),
    ),
    (
        EffectKind.TIME,
        (
            "time",
            "datetime.datetime.now",
            "datetime.datetime.utcnow",
            "datetime.datetime.today",
            "datetime.date.today",
            "asyncio.sleep",
        ),
    ),
    (
        EffectKind.CODE,
        ("eval", "exec", "compile", "__import__", "importlib", "runpy", "pickle.loads", "marshal", "ctypes"),
    ),
)
_EXACT = frozenset({"open", "eval", "exec", "compile", "json.dump", "json.load", "pickle.load", "os.path.exists"})
_PURE_OS = (
    "os.path.join",
    "os.path.basename",
    "os.path.dirname",
    "os.path.splitext",
    "os.path.split",
    "os.path.normpath",
    "os.sep",
    "os.linesep",
    "os.urandom",
    "os.path",
)
_FILE_METHODS = frozenset(
    {
        "read_text",
        "write_text",
        "read_bytes",
        "write_bytes",
        "unlink",
        "rmdir",
        "mkdir",
        "touch",
        "to_csv",
        "to_parquet",
        "to_pickle",
        "savefig",
    }
)
_SESSION = frozenset({"session_context", "session_id", "_session_context"})
_ELIXIR = frozenset({"call_elixir_tool", "elixir_tools", "ExecuteElixirTool"})
_BRANCHES = (ast.If, ast.IfExp, ast.For, ast.AsyncFor, ast.While, ast.ExceptHandler, ast.comprehension, ast.Assert)
_WRITES = frozenset(
    {"append", "add", "update", "pop", "clear", "extend", "insert", "remove", "setdefault", "popitem", "discard"}
)


@dataclass(slots=True)
class Reach:
    """`local` has what each function says itself, so that a function that many tools reach is read once."""

    project: Project
    _own: dict[int, tuple[tuple[Effect, ...], int]] = field(default_factory=dict)

    def of(self, found: Class, method: Method) -> list[Method]:
        """The method itself first, then what it calls of its class and of the project's functions, each once."""
        seen: dict[int, Method] = {id(method.node): method}
        waiting = [method]
        while waiting and len(seen) < MOST_FUNCTIONS:
            one = waiting.pop()
            for inner in self._calls(found, one):
                if id(inner.node) not in seen:
                    seen[id(inner.node)] = inner
                    waiting.append(inner)
        return list(seen.values())

    def _calls(self, found: Class, method: Method) -> Iterator[Method]:
        for node in own_nodes(method.node):
            inner: Method | None = None
            match node:
                case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name) if isinstance(node.ctx, ast.Load):
                    lineage = self.project.lineage(found)
                    inner = self.project.method(found if method.owner in lineage else method.owner or found, name)
                case ast.Name(id=name) if isinstance(node.ctx, ast.Load):
                    module, bound = self.project.follow(method.module.likely(name), method.module)
                    if isinstance(bound, Function):
                        inner = Method(module, None, bound)
                case ast.Attribute() if isinstance(node.ctx, ast.Load):
                    inner = self._function_of_module(dotted(node), method.module)
            if inner is not None:
                yield inner

    def _function_of_module(self, name: str, module: Module) -> Method | None:
        """`helpers.work`, where `helpers` is a module of the project."""
        head, _, last = name.rpartition(".")
        binding = module.likely(head.partition(".")[0]) if head else None
        if not isinstance(binding, Imported):
            return None
        path = f"{binding.module}.{binding.name}".strip(".") if binding.name else head
        there = self.project.module(path, seen_from=module, level=binding.level)
        bound = there.likely(last) if there else None
        return Method(there, None, bound) if there and isinstance(bound, Function) else None

    def effects(self, methods: list[Method]) -> tuple[Effect, ...]:
        return tuple(sorted({effect for method in methods for effect in self.own(method)[0]}))

    def own(self, method: Method) -> tuple[tuple[Effect, ...], int]:
        """The effects that show in one function, and its cyclomatic complexity."""
        known = self._own.get(id(method.node))
        if known is None:
            known = self._own[id(method.node)] = (tuple(set(_effects(method))), complexity(method.node))
        return known


def complexity(function: Function | ast.Lambda) -> int:
    """McCabe's: one, and one for each branch, loop, handler, comprehension and further operand of `and` and `or`."""
    count = 1
    for node in own_nodes(function):
        count += isinstance(node, _BRANCHES)
        if isinstance(node, ast.BoolOp):
            count += len(node.values) - 1
        elif isinstance(node, ast.Match):
            count += len(node.cases)
    return count


def _effects(method: Method) -> Iterator[Effect]:
    local = _local_imports(method)
    declared = {
        name for node in own_nodes(method.node) if isinstance(node, ast.Global | ast.Nonlocal) for name in node.names
    }
    parameters = _parameters(method.node)
    inner: set[int] = set()
    for node in own_nodes(method.node):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute | ast.Name):
            inner.add(id(node.value))  # `os` of `os.path.join` says nothing of its own
    for node in own_nodes(method.node):
        lines = method.module.place(node)
        if isinstance(node, ast.Attribute | ast.Name) and id(node) not in inner and isinstance(node.ctx, ast.Load):
            path = _path(dotted(node), method.module, local, parameters)
            for kind in _kinds(path):
                yield Effect(kind, path, lines)
        if isinstance(node, ast.Attribute):
            if node.attr in _ELIXIR:
                yield Effect(EffectKind.ELIXIR, node.attr, lines)
            elif node.attr in _SESSION and dotted(node).startswith("self."):
                yield Effect(EffectKind.SESSION, dotted(node), lines)
            elif node.attr in _FILE_METHODS:
                yield Effect(EffectKind.FILES, f".{node.attr}", lines)
        elif isinstance(node, ast.Name) and node.id in ("ctx", "context", "session_context") and node.id in parameters:
            yield Effect(EffectKind.SESSION, node.id, lines)
        for what in _writes(node, method, declared, parameters):
            yield Effect(EffectKind.STATE, what, lines)


def _writes(node: ast.AST, method: Method, declared: set[str], parameters: set[str]) -> Iterator[str]:
    """Attributes of self, and names of the module, that the node writes to."""
    target: ast.expr | None = None
    if isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
        target = node
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _WRITES:
        target = node.func
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id in declared:
        yield node.id
    if target is None:
        return
    while isinstance(target, ast.Attribute | ast.Subscript) and not (
        isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name)
    ):
        target = target.value
    name = dotted(target)
    head = name.partition(".")[0]
    if head == "self" and name != "self":
        yield name
    elif isinstance(node, ast.Call) and "." in name and name.count(".") == 1 and name.endswith(tuple(_WRITES)):
        name = name.rpartition(".")[0]
        if _is_variable(name, method, parameters):
            yield name
    elif _is_variable(head, method, parameters):
        yield head


def _is_variable(name: str, method: Method, parameters: set[str]) -> bool:
    """Whether it is one of the module, that nothing local hides."""
    bound = method.module.bindings.get(name)
    if not bound or name in parameters or isinstance(bound[-1], Imported | Function | ast.ClassDef):
        return False
    return not any(
        isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id == name
        for node in own_nodes(method.node)
    )


def _parameters(node: Function | ast.Lambda) -> set[str]:
    given = node.args
    every = [*given.posonlyargs, *given.args, *given.kwonlyargs, *(one for one in (given.vararg, given.kwarg) if one)]
    return {one.arg for one in every}


def _local_imports(method: Method) -> dict[str, str]:
    found: dict[str, str] = {}
    for node in own_nodes(method.node):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for one in method.module.imports:
                if one.node is node:
                    found |= bound_by(one)
    return found


def _path(name: str, module: Module, local: dict[str, str], parameters: set[str]) -> str:
    """The dotted path that a written name stands for, by the imports; builtins as they are; else an empty text."""
    head, _, rest = name.partition(".")
    if not head or head in parameters:
        return ""
    if head in local:
        return f"{local[head]}.{rest}".rstrip(".")
    binding = module.likely(head)
    if isinstance(binding, Imported):
        base = (
            f"{binding.module}.{binding.name}".strip(".")
            if binding.name
            else bound_by(binding).get(head, binding.module)
        )
        return f"{base}.{rest}".rstrip(".")
    return name if head not in module.bindings and head in ("open", "eval", "exec", "compile", "__import__") else ""


def _kinds(path: str) -> Iterator[EffectKind]:
    if not path or (path in _PURE_OS and path != "os.urandom") or path in ("asyncio", "os", "time", "threading"):
        return
    for kind, prefixes in _KINDS:
        for prefix in prefixes:
            if path == prefix or (
                prefix not in _EXACT
                and path.startswith(prefix if prefix.endswith("_") or "." in prefix else f"{prefix}.")
            ):
                yield kind
                return
