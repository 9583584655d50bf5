"""What a configuration says, as values that know the bytes they were read from.

Elixir has values that the other formats lack (atoms, modules, tuples, keyword lists). There they are written as strings
(`":process"`, `"Elixir.Snakepit.Adapters.GRPCPython"`); each format reads and writes them in its own way, so that rules
see one language.
"""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Bytes `start` to `end` (excluded) of a file. `line` and `column` count from 1, a column in characters."""

    file: str
    start: int
    end: int
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Atom:
    """`:process`. `true`, `false` and `nil` are Python's own."""

    name: str


@dataclass(frozen=True, slots=True)
class Module:
    """`Snakepit.Adapters.GRPCPython`, without a leading `Elixir.`"""

    name: str


Scalar = None | bool | int | float | str | Atom | Module


class Form(StrEnum):
    """How several values stand together. A keyword list merges with an earlier one key by key; a map replaces it."""

    MAP = "map"
    KEYWORD = "keyword"
    LIST = "list"
    TUPLE = "tuple"


@dataclass(frozen=True, slots=True)
class Literal:
    value: Scalar
    span: Span


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list or a tuple. An empty list is a Sequence, whoever reads it: it is an empty keyword list as well."""

    items: tuple["Value", ...]
    form: Form
    span: Span


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of a table with its value; `span` is both together, without the comma."""

    key: Literal
    value: "Value"
    span: Span

    @property
    def name(self) -> str:
        """The key as a person says it: an atom or string without its marks."""
        key = self.key.value
        return key.name if isinstance(key, Atom | Module) else str(key)


@dataclass(frozen=True, slots=True)
class Table:
    """A map or a keyword list, in the order of the file. A key may stand twice: the last one holds in a map."""

    entries: tuple[Entry, ...]
    form: Form
    span: Span

    def get(self, name: str) -> Entry | None:
        """The entry that holds: the last of a map, the first of a keyword list (as Elixir's `Keyword.get`)."""
        found = [entry for entry in self.entries if entry.name == name]
        return (found[-1] if self.form is Form.MAP else found[0]) if found else None


@dataclass(frozen=True, slots=True)
class Expression:
    """A value that only the running system knows: decided at run time, kept as it is written.

    `source` is the text of the span, `variables` the environment variables that it reads.
    """

    source: str
    variables: tuple[str, ...]
    span: Span


Value = Literal | Sequence | Table | Expression
Plain = Scalar | list["Plain"] | tuple["Plain", ...] | dict[str | Atom | int, "Plain"]
