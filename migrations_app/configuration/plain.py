"""Values without their places, for comparing what two configurations say."""

from dataclasses import dataclass

from migrations_app.configuration.values import (
    Atom,
    Expression,
    Form,
    Literal,
    Module,
    Scalar,
    Sequence,
    Table,
    Value,
)


@dataclass(frozen=True, slots=True)
class AtRunTime:
    """An expression, by its text: two of the same text may still differ where they stand."""

    source: str


Said = Scalar | AtRunTime | list["Said"] | tuple["Said", ...] | dict[str | Atom | int, "Said"]


def plain(value: Value) -> Said:
    """A map as a dict, a keyword list as a list of pairs of an Atom and its value, as Elixir has it."""
    match value:
        case Literal():
            return value.value
        case Expression():
            return AtRunTime(value.source)
        case Sequence(form=Form.TUPLE):
            return tuple(plain(item) for item in value.items)
        case Sequence():
            return [plain(item) for item in value.items]
        case Table(form=Form.MAP):
            return {_key(entry.key.value): plain(entry.value) for entry in value.entries}
        case Table():
            return [(entry.key.value, plain(entry.value)) for entry in value.entries]


def _key(key: Scalar) -> str | Atom | int:
    """A module as a key is the atom that it is; other keys that a dict would mix up by their text."""
    if isinstance(key, Module):
        return Atom(f"Elixir.{key.name}")
    return key if isinstance(key, str | Atom) or type(key) is int else Atom(str(key).lower())
