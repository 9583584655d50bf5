"""What an expression stands for while a tool is read: known now, or known when the tool is called."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from migrations_app.handlers.adapter.project.names import Class, Method


@dataclass(frozen=True, slots=True)
class Known:
    """A scalar that is the same in every call."""

    value: Any


@dataclass(frozen=True, slots=True)
class Library:
    """What stands under a dotted path outside of the project."""

    path: str


@dataclass(frozen=True, slots=True)
class Own:
    """A function, method or lambda of the project; `bound` to the adapter, or to `receiver`, or plain."""

    method: Method
    bound: bool
    env: Any = None
    receiver: Any = None


@dataclass(frozen=True, slots=True)
class OwnClass:
    """A class of the project."""

    of: Class


@dataclass(frozen=True, slots=True)
class Made:
    """An object of a project's class, made for this call alone, of which all that it stores is known."""

    of: Class
    attributes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Adapter:
    """`self`; as `super()` only what comes `after` that class."""

    after: Class | None = None


@dataclass(frozen=True, slots=True)
class Arguments:
    """The dict of arguments that Snakepit hands over."""


@dataclass(frozen=True, slots=True)
class Session:
    """The session context."""


@dataclass(slots=True)
class Table:
    """A dict literal with texts as keys. `held` by a variable; `shared` by calls, so that it can be looked into only;
    `step` is where it lies once something else may hold it too."""

    entries: dict[str, "Symbol"]
    held: bool = False
    shared: bool = False
    step: str = ""


@dataclass(frozen=True, slots=True)
class Later:
    """A value of the entry's own language. `settled`: using it twice, or later, means the same as using it here."""

    value: dict[str, Any]
    settled: bool = False


@dataclass(frozen=True, slots=True)
class Promise:
    """What an async function of the project would answer once it is awaited."""

    symbol: "Symbol"


Symbol = Known | Library | Own | OwnClass | Made | Adapter | Arguments | Session | Table | Later | Promise


@dataclass(slots=True)
class Recipe:
    """The entry as it is being found. `mode` is open until the arguments are used in one way or the other."""

    steps: list[dict[str, Any]] = field(default_factory=list)
    mode: str = ""
    arguments: list[dict[str, Any]] = field(default_factory=list)
    more: bool = False
    functions: set[str] = field(default_factory=set)
    methods: set[str] = field(default_factory=set)
    attributes: set[str] = field(default_factory=set)
    evidence: list[str] = field(default_factory=list)
    assumed: list[str] = field(default_factory=list)
    made: int = 0

    def emit(self, step: dict[str, Any], *, at: int | None = None) -> Later:
        self.made += 1
        named = {"as": f"v{self.made}", **step}
        self.steps.insert(len(self.steps) if at is None else at, named)
        return Later({"step": named["as"]}, settled=True)
