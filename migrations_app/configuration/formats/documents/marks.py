"""What a document lacks: atoms and modules are marked text, keyword lists mappings, tuples lists."""

from migrations_app.configuration.edits import New, NotEditable, Verbatim
from migrations_app.configuration.formats.elixir.literals import atom
from migrations_app.configuration.formats.elixir.rendering import ALIAS
from migrations_app.configuration.formats.names import WORD, key_named
from migrations_app.configuration.values import Atom, Module, Scalar

MODULE = "Elixir."

Shown = None | bool | int | float | str | Verbatim | list["Shown"] | dict[str, "Shown"]


def unmarked(text: str) -> Scalar:
    """`":process"` is an atom, `"Elixir.Some.Module"` a module, `"::x"` the text `:x`; all else is itself."""
    if text.startswith("::"):
        return text[1:]
    if text.startswith(":") and len(text) > 1:
        return atom(text[1:])
    name = text.removeprefix(MODULE)
    return Module(name) if name != text and ALIAS.match(name) else text


def unmarked_key(text: str) -> Atom | str:
    return Atom(text[1:]) if text.startswith(":") and len(text) > 1 else key_named(text)


def shown(new: New) -> Shown:
    """A value by what a document has. Raises NotEditable for text that would be read as a module."""
    match new:
        case Atom():
            return f":{new.name}" if new.name not in {"nil", "true", "false"} else atom(new.name)  # type: ignore[return-value]
        case Module():
            return f"{MODULE}{new.name}"
        case str():
            if isinstance(unmarked(new), Module):
                raise NotEditable(f"{new!r} would be read as a module. Nothing was changed.")
            return f":{new}" if new.startswith(":") else new
        case dict():
            return {_shown_key(key): shown(value) for key, value in new.items()}
        case list() | tuple():
            pairs = [one for one in new if isinstance(one, tuple) and len(one) == 2] if isinstance(new, list) else []
            keyed = {_shown_key(key): shown(value) for key, value in pairs if isinstance(key, Atom)}
            return keyed if new and len(keyed) == len(new) else [shown(value) for value in new]
    return new


def _shown_key(key: str | Atom | int) -> str:
    if isinstance(key, Atom):
        return key.name if WORD.match(key.name) else f":{key.name}"
    return str(key)
