"""From one adapter class to the generic adapter: what is wanted, what changes, and what is left to a person."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from migrations_app.handlers.adapter.facts import Lines


@dataclass(frozen=True, slots=True)
class Switch:
    """`old` and `new` are dotted paths of classes, as `--adapter` takes them; `old` as the analysis names it.

    `configuration_path` is what SNAKEPIT_GENERIC_ADAPTER is to be. `served`: the tools that the generic adapter takes
    over; `parameters`: their names in order; `renamed`: a tool's old name to its new one.
    """

    old: str
    new: str
    configuration_path: str
    served: frozenset[str]
    parameters: Mapping[str, tuple[str, ...]]
    renamed: Mapping[str, str] = field(default_factory=dict)

    @property
    def old_module(self) -> str:
        return self.old.rpartition(".")[0]

    @property
    def old_class(self) -> str:
        return self.old.rpartition(".")[2]

    @property
    def new_module(self) -> str:
        return self.new.rpartition(".")[0]

    @property
    def new_class(self) -> str:
        return self.new.rpartition(".")[2]

    def name_of(self, tool: str) -> str:
        return self.renamed.get(tool, tool)


@dataclass(frozen=True, slots=True)
class Rewrite:
    """One file. `sites` are the lines of `before` that change."""

    path: str
    before: bytes
    after: bytes
    sites: tuple[Lines, ...]


@dataclass(frozen=True, slots=True, order=True)
class Refused:
    """A place that was left as it is. `code` is stable for programs."""

    lines: Lines
    code: str
    message: str
    advice: str


@dataclass(frozen=True, slots=True)
class Rewrites:
    """Both by path and line."""

    changes: tuple[Rewrite, ...]
    refused: tuple[Refused, ...]
