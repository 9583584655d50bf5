"""What the analysis of a project of adapters says. Everything here has a JSON form (`document.py`)."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Form(StrEnum):
    """What makes a class an adapter: its base, the registry of the time before gRPC, or a method execute_tool."""

    BASE = "base_adapter"
    THREAD_SAFE = "thread_safe_adapter"
    COMMANDS = "command_handler"
    PLAIN = "plain_class"


class Found(StrEnum):
    """How a tool was found."""

    DECORATED = "decorated"
    DISPATCHED = "dispatched"
    COMMAND = "command"
    HANDLER = "handler_class"


class EffectKind(StrEnum):
    FILES = "files"
    NETWORK = "network"
    SUBPROCESS = "subprocess"
    ENVIRONMENT = "environment"
    RANDOMNESS = "randomness"
    TIME = "time"
    THREADS = "threads"
    CODE = "runs_code"
    STATE = "state"
    SESSION = "session"
    ELIXIR = "calls_elixir"


class Verdict(StrEnum):
    AUTOMATIC = "automatic"
    MANUAL = "manual"


class Body(StrEnum):
    """What the body of a tool is."""

    LIBRARY_CALL = "library_call"
    CHAIN = "chain"
    EXPRESSION = "expression"
    CUSTOM = "custom"


class Confidence(StrEnum):
    """HIGH: shown by the evidence alone. MEDIUM: the evidence says what was assumed beside it. NONE: manual."""

    HIGH = "high"
    MEDIUM = "medium"
    NONE = "none"


@dataclass(frozen=True, slots=True, order=True)
class Lines:
    """Both count from 1 and belong to it."""

    path: str
    first: int
    last: int

    def __str__(self) -> str:
        return f"{self.path}:{self.first}" if self.first == self.last else f"{self.path}:{self.first}-{self.last}"


@dataclass(frozen=True, slots=True)
class Parameter:
    """`annotation` and `default` as they are written; a default of None means that it is required."""

    name: str
    kind: str
    annotation: str | None = None
    default: str | None = None


@dataclass(frozen=True, slots=True, order=True)
class Effect:
    """`what` is the call or name that shows it."""

    kind: EffectKind
    what: str
    lines: Lines


@dataclass(frozen=True, slots=True)
class Example:
    """From a docstring: an expression, and what it prints."""

    call: str
    expected: str


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a tool is left to a person, where that stands, and what can be done."""

    code: str
    message: str
    lines: Lines
    guidance: str


@dataclass(frozen=True, slots=True)
class Mapping:
    """`entry` is what `tools` of the generic adapter's configuration takes; `allow` what its allow-list must have."""

    verdict: Verdict
    body: Body
    confidence: Confidence
    evidence: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()
    entry: dict[str, Any] | None = None
    allow: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tool:
    """`functions` are those of the project that the tool reaches; `complexity` is the cyclomatic one of all of them."""

    name: str
    adapter: str
    found: Found
    lines: Lines
    description: str
    documentation: str
    parameters: tuple[Parameter, ...]
    returns: str | None
    streams: bool
    examples: tuple[Example, ...]
    effects: tuple[Effect, ...]
    functions: tuple[str, ...]
    complexity: int
    code_lines: int
    mapping: Mapping


@dataclass(frozen=True, slots=True)
class Adapter:
    """`name` is the dotted path for `--adapter` as far as the directory shows it."""

    name: str
    form: Form
    lines: Lines
    bases: tuple[str, ...]
    tools: tuple[Tool, ...]


@dataclass(frozen=True, slots=True)
class Distribution:
    """A module of others that the project imports. `name` is None where nothing says which distribution brings it."""

    module: str
    name: str | None
    requirement: str | None
    known_by: str
    lines: Lines


@dataclass(frozen=True, slots=True)
class Finding:
    """What a person should know of a file or an adapter. `code` is stable for programs."""

    code: str
    message: str
    advice: str
    lines: Lines


@dataclass(frozen=True, slots=True)
class Analysis:
    """`digest` says of which content, and by which analysis, this is true."""

    format: int
    digest: str
    files: int
    code_lines: int
    adapters: tuple[Adapter, ...]
    distributions: tuple[Distribution, ...]
    findings: tuple[Finding, ...]
