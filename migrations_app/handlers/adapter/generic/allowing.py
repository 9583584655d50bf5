"""Which functions, methods and attributes may be reached. Nothing is allowed that the configuration does not name."""

import importlib
import re
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Final

from .errors import NotAllowed

# Whatever the allow-list says: these run code, reach the machine, or read objects of others.
NEVER_MODULES: Final = frozenset(
    """
    _io _pickle _posixsubprocess _thread _winapi asyncio atexit bdb cffi cloudpickle code codeop ctypes dill
    distutils faulthandler fcntl gc idlelib imp importlib inspect io joblib marshal mmap multiprocessing nt os
    pathlib pdb pickle pip pkgutil platform posix pty pydoc resource runpy setuptools shelve shutil signal site
    socket subprocess sys tempfile threading timeit trace traceback types venv webbrowser zipimport
    """.split()  # noqa: SIM905 - a line for each would be a page
)
PURE_BUILTINS: Final = frozenset(
    """
    abs all any ascii bin bool bytes chr complex dict divmod enumerate float format frozenset hash hex int len list
    max min oct ord pow range repr reversed round set slice sorted str sum tuple zip
    """.split()  # noqa: SIM905
)
NEVER_FUNCTIONS: Final = frozenset(
    {
        "operator.attrgetter",
        "operator.methodcaller",
        "operator.setitem",
        "operator.delitem",
        "operator.call",
        "functools.reduce",
        "functools.partial",
    }
)
# `format` walks attributes by its text; the others lead from a generator, traceback or function to its globals.
_NEVER_NAMES = re.compile(r"_.*|format|format_map|mro|(gi|cr|ag|tb|co|f|func|im)_.*")
_NAME = re.compile(r"[^\W\d]\w*\Z")


_NEVER_OBJECTS: Final = (
    eval,
    exec,
    compile,
    __import__,
    open,
    getattr,
    setattr,
    delattr,
    globals,
    locals,
    vars,
    dir,
    input,
    breakpoint,
    object,
    type,
)
_RUNS_CODE = re.compile(r"eval|exec|system|popen|spawn\w*|(read|to|from|load)_pickle|unpickle")


def is_name(name: object) -> bool:
    """Whether it may stand in a path at all: a Python name that begins with no underscore."""
    return isinstance(name, str) and bool(_NAME.match(name)) and not name.startswith("_")


def never_function(path: str) -> str:
    """Why a dotted path is never served, or an empty text."""
    parts = path.split(".")
    if len(parts) < 2 or not all(map(is_name, parts)):
        return "it is no dotted path of a module and a public name"
    if parts[0] == "builtins" and path.removeprefix("builtins.") not in PURE_BUILTINS:
        return "of the builtins only those that compute are served"
    if parts[0] in NEVER_MODULES:
        return f"the module {parts[0]} runs code or reaches the machine"
    if any(map(_RUNS_CODE.fullmatch, parts)):
        return "by its name it runs what it is given"
    if path in NEVER_FUNCTIONS or (path != "builtins.format" and any(map(never_name, parts[1:]))):
        return "it reaches any attribute, or changes what it is given"
    return ""


def never_name(name: str) -> bool:
    """Whether a method or attribute of this name is never reached."""
    return not is_name(name) or bool(_NEVER_NAMES.fullmatch(name))


@dataclass(frozen=True, slots=True)
class AllowList:
    """`functions` are dotted prefixes: `math.sqrt` is itself, `math` all of the module. The others are exact names."""

    functions: tuple[str, ...] = ()
    methods: frozenset[str] = frozenset()
    attributes: frozenset[str] = frozenset()

    def allows(self, path: str) -> bool:
        return any(path == prefix or path.startswith(f"{prefix}.") for prefix in self.functions)

    def function(self, path: str) -> Any:
        """What stands there. Raises NotAllowed, ImportError, AttributeError."""
        if reason := never_function(path):
            raise NotAllowed(f"{path} is never served: {reason}. Nothing was called.")
        if not self.allows(path):
            raise NotAllowed(
                f"{path} is not in the allow-list of the generic adapter; nothing was called. "
                "Name it, or a prefix of it, under allow.functions."
            )
        found, walked, rest = _module_of(path)
        for name in rest:
            found = getattr(found, name)
            walked = f"{walked}.{name}"
            if isinstance(found, ModuleType) and found.__name__ != walked:
                raise NotAllowed(
                    f"{walked} leads to another module, {found.__name__}. Name that one. Nothing was called."
                )
        home = getattr(found, "__module__", None)
        if isinstance(home, str) and home.partition(".")[0] in NEVER_MODULES:
            raise NotAllowed(f"{path} is from the module {home}, which is never served. Nothing was called.")
        if any(found is one for one in _NEVER_OBJECTS):
            raise NotAllowed(f"{path} is Python's {found.__name__}, which is never served. Nothing was called.")
        return found

    def method(self, owner: Any, name: str) -> Any:
        if never_name(name) or name not in self.methods:
            raise NotAllowed(
                f"The method {name} is not in the allow-list of the generic adapter. Name it under allow.methods."
            )
        return _member(owner, name)

    def attribute(self, owner: Any, name: str) -> Any:
        if never_name(name) or name not in self.attributes:
            raise NotAllowed(
                f"The attribute {name} is not in the allow-list of the generic adapter. Name it under allow.attributes."
            )
        return _member(owner, name)


def _member(owner: Any, name: str) -> Any:
    if isinstance(owner, ModuleType):
        raise NotAllowed(f"{owner.__name__}.{name} is asked of a module; name its functions with their full path.")
    return getattr(owner, name)


def _module_of(path: str) -> tuple[Any, str, list[str]]:
    """The deepest module of the path, its name, and the names that are left. Raises ImportError."""
    parts = path.split(".")
    found: ModuleType = importlib.import_module(parts[0])
    walked = parts[0]
    for index, name in enumerate(parts[1:-1], 1):
        if hasattr(found, name):
            inner = getattr(found, name)
            if not isinstance(inner, ModuleType):
                return found, walked, parts[index:]
            if inner.__name__ != f"{walked}.{name}":
                return found, walked, parts[index:]
            found, walked = inner, f"{walked}.{name}"
            continue
        found = importlib.import_module(f"{walked}.{name}")
        walked = f"{walked}.{name}"
    return found, walked, parts[len(walked.split(".")) :]
