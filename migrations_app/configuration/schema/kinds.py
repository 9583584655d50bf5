"""What may stand as a key's value, said once: for the check, for messages and for the documentation."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from migrations_app.configuration.problems import Severity
from migrations_app.configuration.values import Atom, Form, Literal, Module, Sequence, Value

if TYPE_CHECKING:
    from migrations_app.configuration.schema.keys import Key


@dataclass(frozen=True, slots=True)
class Kind:
    """`accepts` judges a value that is no expression; a kind with parts is judged part by part by `judge`."""

    @property
    def says(self) -> str:
        return "anything"

    def accepts(self, value: Value) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Flag(Kind):
    @property
    def says(self) -> str:
        return "true or false"

    def accepts(self, value: Value) -> bool:
        return isinstance(value, Literal) and isinstance(value.value, bool)


@dataclass(frozen=True, slots=True)
class Number(Kind):
    """`digits`: a text of digits does as well. `infinity`: `:infinity` does. `whole`: no fraction."""

    low: int = 1
    high: int | None = None
    whole: bool = True
    digits: bool = False
    infinity: bool = False

    @property
    def says(self) -> str:
        kind = "a whole number" if self.whole else "a number"
        span = f"from {self.low} to {self.high}" if self.high is not None else f"of at least {self.low}"
        return f"{kind} {span}" + (" or :infinity" if self.infinity else "") + (" (or as text)" if self.digits else "")

    def accepts(self, value: Value) -> bool:
        if not isinstance(value, Literal):
            return False
        number: object = value.value
        if self.infinity and number == Atom("infinity"):
            return True
        if self.digits and isinstance(number, str) and number.isascii() and number.isdigit():
            number = int(number)
        right = isinstance(number, int if self.whole else int | float) and not isinstance(number, bool)
        return right and self.low <= number <= (self.high if self.high is not None else number)  # type: ignore[operator]


@dataclass(frozen=True, slots=True)
class Text(Kind):
    """`atoms`: an atom does as well. `nothing`: so does nil."""

    atoms: bool = False
    nothing: bool = False

    @property
    def says(self) -> str:
        return "a text" + (" or an atom" if self.atoms else "") + (" or nil" if self.nothing else "")

    def accepts(self, value: Value) -> bool:
        if not isinstance(value, Literal):
            return False
        found = value.value
        return isinstance(found, str) or (self.atoms and isinstance(found, Atom)) or (self.nothing and found is None)


@dataclass(frozen=True, slots=True)
class Name(Kind):
    @property
    def says(self) -> str:
        return "an atom"

    def accepts(self, value: Value) -> bool:
        return isinstance(value, Literal) and isinstance(value.value, Atom)


@dataclass(frozen=True, slots=True)
class ModuleName(Kind):
    @property
    def says(self) -> str:
        return "a module"

    def accepts(self, value: Value) -> bool:
        return isinstance(value, Literal) and (value.value is None or isinstance(value.value, Module | Atom))


@dataclass(frozen=True, slots=True)
class OneOf(Kind):
    """One of some atoms. `texts`: in any spelling of case as text too; `flags`: true and false as well."""

    names: tuple[str, ...] = ()
    texts: bool = False
    flags: bool = False

    @property
    def says(self) -> str:
        said = [*(f":{name}" for name in self.names), *(("true", "false") if self.flags else ())]
        return ("one of " if len(said) > 1 else "") + ", ".join(said)

    def accepts(self, value: Value) -> bool:
        if not isinstance(value, Literal):
            return False
        found = value.value
        if isinstance(found, bool):
            return self.flags
        if isinstance(found, str):
            return self.texts and found.lower().replace("-", "_") in self.names
        return isinstance(found, Atom) and found.name in self.names


@dataclass(frozen=True, slots=True)
class Lifetime(Kind):
    """`:infinity` or `{30, :minutes}`; `:days` stands in an example and is refused (lib/snakepit/config.ex)."""

    @property
    def says(self) -> str:
        return ":infinity or {a whole number above 0, :seconds, :minutes or :hours}"

    def accepts(self, value: Value) -> bool:
        if isinstance(value, Literal):
            return value.value == Atom("infinity")
        return (
            isinstance(value, Sequence)
            and value.form is Form.TUPLE
            and len(value.items) == 2
            and Number().accepts(value.items[0])
            and OneOf(("seconds", "minutes", "hours")).accepts(value.items[1])
        )


@dataclass(frozen=True, slots=True)
class Environment(Kind):
    """Variables for a process: a list of `{"NAME", "value"}`, or a table."""

    @property
    def says(self) -> str:
        return "a list of {name, value}, or a map"

    def accepts(self, value: Value) -> bool:
        if isinstance(value, Sequence):
            return value.form is Form.LIST and all(
                isinstance(item, Sequence) and item.form is Form.TUPLE and len(item.items) == 2 for item in value.items
            )
        return not isinstance(value, Literal)


@dataclass(frozen=True, slots=True)
class ListOf(Kind):
    item: Kind = field(default_factory=Kind)
    says_item: str = "values"

    @property
    def says(self) -> str:
        return f"a list of {self.says_item}"


@dataclass(frozen=True, slots=True)
class TableOf(Kind):
    """A table of keys. `forms` are those that work; `refused` is what happens with the other one, `harm` how bad."""

    keys: tuple["Key", ...] = ()
    forms: frozenset[Form] = frozenset({Form.MAP, Form.KEYWORD})
    refused: str = ""
    harm: Severity = Severity.ERROR
    open: bool = False

    @property
    def says(self) -> str:
        if len(self.forms) == 2:
            return "a map or a keyword list"
        return "a map" if Form.MAP in self.forms else "a keyword list"


@dataclass(frozen=True, slots=True)
class Either(Kind):
    """The first of these kinds that fits. None of them has parts, or only the last one."""

    kinds: tuple[Kind, ...] = ()

    @property
    def says(self) -> str:
        return " or ".join(kind.says for kind in self.kinds)

    def accepts(self, value: Value) -> bool:
        return any(kind.accepts(value) for kind in self.kinds)
