"""Typed fields, declared once; forms, API schemas, YAML checks and docs come from them (DESIGN section 3)."""

import difflib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from migrations_app.engine.errors import Problem

MAX_TEXT = 2000
_MOST_UNKNOWN = 20
_LONGEST_SHOWN = 60
_MOST_BYTES = 200_000
_DEEPEST = 12
_LONGEST_NAME = 60  # of a stored secret
_DIGITS = re.compile(r"[+-]?[0-9]{1,18}")
_NAME_OF_A_SECRET = rf"[a-z0-9]([a-z0-9-]{{0,{_LONGEST_NAME - 2}}}[a-z0-9])?"
_WORDS_FOR_BOOLEANS = {
    "true": True,
    "on": True,
    "yes": True,
    "1": True,
    "false": False,
    "off": False,
    "no": False,
    "0": False,
}


class FieldKind(StrEnum):
    INTEGER = "integer"
    BOOLEAN = "boolean"
    CHOICE = "choice"
    TEXT = "text"
    DOCUMENT = "document"  # a list or a map of JSON, None without a value; its handler knows what may be in it
    SECRET = "secret"  # noqa: S105  (the name of a stored secret of the environment, never its value)


@dataclass(frozen=True, slots=True)
class Field:
    """One parameter or option. `unit` is shown beside the input; limits are inclusive.

    `of_place`: it names something of the environment, so it is another one elsewhere and no part of the procedure.
    A secret always does.
    """

    name: str
    kind: FieldKind
    label: str
    default: int | bool | str | None = None
    help: str = ""
    unit: str = ""
    minimum: int | None = None
    maximum: int | None = None
    choices: tuple[str, ...] = ()
    required: bool = False
    max_length: int = MAX_TEXT
    of_place: bool = False

    @property
    def names_something_of_the_place(self) -> bool:
        return self.of_place or self.kind is FieldKind.SECRET


def parse(fields: Sequence[Field], raw: Mapping[str, Any], *, path: str) -> tuple[dict[str, Any], list[Problem]]:
    """Check `raw` against the declarations, filling in defaults.

    Returns the values and every problem at once; values of fields with a problem are left out. Problems name
    `path.field`; an unknown key is a problem that suggests the nearest known one. A field that is neither given
    nor required takes its default, which may be None.
    """
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for declared in fields:
        given = raw.get(declared.name)
        if given is None or given == "":
            if declared.required:
                problems.append(_missing(declared, path))
            else:
                values[declared.name] = declared.default
            continue
        value, problem = _value(declared, given, path)
        if problem is None:
            values[declared.name] = value
        else:
            problems.append(problem)
    problems += unknown_keys(raw, [declared.name for declared in fields], path=path)
    return values, problems


def unknown_keys(raw: Mapping[str, Any], known: Sequence[str], *, path: str) -> list[Problem]:
    """A problem for each key of `raw` that nobody declared, suggesting the nearest declared one.

    Only the first ones are named; one more problem counts the others.
    """
    unknown = [key for key in raw if key not in known]
    problems = [_unknown(key, known, path) for key in unknown[:_MOST_UNKNOWN]]
    if len(unknown) > _MOST_UNKNOWN:
        more = f"{len(unknown) - _MOST_UNKNOWN} more keys are not known here."
        problems.append(Problem(path, more, f"Known here: {_listed(known)}.", "unknown_field"))
    return problems


def _unknown(key: object, known: Sequence[str], path: str) -> Problem:
    if not isinstance(key, str):
        return Problem(path, "A key is not text.", f"Known here: {_listed(known)}.", "unknown_field")
    name = key[:_LONGEST_SHOWN]
    near = difflib.get_close_matches(name, known, n=1)
    fix = f"Did you mean “{near[0]}”?" if near else f"Known here: {_listed(known)}."
    return Problem(_join(path, name), f"“{name}” is not known here.", fix, "unknown_field")


def _listed(known: Sequence[str]) -> str:
    return ", ".join(known) or "nothing"


def json_schema(fields: Sequence[Field]) -> dict[str, Any]:
    """The JSON Schema object (draft 2020-12) of these fields."""
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {declared.name: _property(declared) for declared in fields},
        "additionalProperties": False,
    }
    required = [declared.name for declared in fields if declared.required]
    if required:
        schema["required"] = required
    return schema


_JSON_TYPES: Mapping[FieldKind, str | list[str]] = {
    FieldKind.INTEGER: "integer",
    FieldKind.BOOLEAN: "boolean",
    FieldKind.CHOICE: "string",
    FieldKind.TEXT: "string",
    FieldKind.DOCUMENT: ["array", "object"],
    FieldKind.SECRET: "string",
}


def _property(declared: Field) -> dict[str, Any]:
    entry: dict[str, Any] = {"type": _JSON_TYPES[declared.kind], "title": declared.label}
    says = (
        declared.help,
        declared.unit and f"Unit: {declared.unit}.",
        _SAYS_OF_SECRETS if _is_secret(declared) else "",
    )
    details = {
        "description": " ".join(part for part in says if part),
        "default": declared.default,
        "minimum": declared.minimum,
        "maximum": declared.maximum,
        "enum": list(declared.choices) or None,
        "maxLength": declared.max_length if declared.kind is FieldKind.TEXT else None,
        "pattern": f"^{_NAME_OF_A_SECRET}$" if _is_secret(declared) else None,
    }
    entry.update({key: value for key, value in details.items() if value not in (None, "")})
    return entry


_SAYS_OF_SECRETS = "The name of a stored secret of the environment, never its value."


def _is_secret(declared: Field) -> bool:
    return declared.kind is FieldKind.SECRET


def _value(declared: Field, given: Any, path: str) -> tuple[Any, Problem | None]:
    match declared.kind:
        case FieldKind.INTEGER:
            return _integer(declared, given, path)
        case FieldKind.BOOLEAN:
            return _boolean(declared, given, path)
        case FieldKind.CHOICE:
            return _choice(declared, given, path)
        case FieldKind.TEXT:
            return _text(declared, given, path)
        case FieldKind.DOCUMENT:
            return _document(declared, given, path)
        case FieldKind.SECRET:
            return _secret(declared, given, path)


def _integer(declared: Field, given: Any, path: str) -> tuple[Any, Problem | None]:
    unit = f" {declared.unit}" if declared.unit else ""
    number = _whole_number(given)
    if number is None:
        return None, _problem(declared, path, "is not a whole number", f"Give a whole number{_range(declared)}{unit}.")
    if declared.minimum is not None and number < declared.minimum:
        return None, _problem(declared, path, f"is below {declared.minimum}{unit}", f"Give a number{_range(declared)}.")
    if declared.maximum is not None and number > declared.maximum:
        return None, _problem(declared, path, f"is above {declared.maximum}{unit}", f"Give a number{_range(declared)}.")
    return number, None


def _whole_number(given: Any) -> int | None:
    """Forms send text, so digits count; a boolean is no number although Python says so."""
    if isinstance(given, int) and not isinstance(given, bool):
        return given
    if isinstance(given, str) and _DIGITS.fullmatch(given.strip()):
        return int(given)
    return None


def _boolean(declared: Field, given: Any, path: str) -> tuple[Any, Problem | None]:
    if isinstance(given, bool):
        return given, None
    if isinstance(given, str) and given.lower() in _WORDS_FOR_BOOLEANS:
        return _WORDS_FOR_BOOLEANS[given.lower()], None
    return None, _problem(declared, path, "is neither true nor false", "Give true or false.")


def _choice(declared: Field, given: Any, path: str) -> tuple[Any, Problem | None]:
    if not isinstance(given, str):  # a list may be of any size, so it is never made into text
        fix = f"Choose {_either(declared.choices)}."
        return None, _problem(declared, path, "is not text, so it is not one of the choices", fix)
    if given in declared.choices:
        return str(given), None
    near = difflib.get_close_matches(given[:_LONGEST_SHOWN], declared.choices, n=1)
    hint = f"Did you mean “{near[0]}”? " if near else ""
    return None, _problem(declared, path, "is not one of the choices", f"{hint}Choose {_either(declared.choices)}.")


def _text(declared: Field, given: Any, path: str) -> tuple[Any, Problem | None]:
    if not isinstance(given, str):
        return None, _problem(declared, path, "is not text", "Give text.")
    if "\x00" in given:
        return None, _problem(declared, path, "holds a NUL character", "Remove the NUL character.")
    if len(given) > declared.max_length:
        return None, _problem(declared, path, f"is longer than {declared.max_length} characters", "Shorten the text.")
    return given, None


def _secret(declared: Field, given: Any, path: str) -> tuple[Any, Problem | None]:
    """Nothing repeats what was given: it may be the secret itself, typed where its name belongs."""
    if isinstance(given, str) and re.fullmatch(_NAME_OF_A_SECRET, given):
        return given, None
    fix = "Store the secret under a name first, and give that name."
    return None, _problem(declared, path, "is not the name of a stored secret", fix)


def _document(declared: Field, given: Any, path: str) -> tuple[Any, Problem | None]:
    """Forms send JSON as text."""
    try:
        value = json.loads(given) if isinstance(given, str) else given
    except (ValueError, RecursionError):
        return None, _problem(declared, path, "is not JSON", "Give a list in [ ] or a map in { }.")
    if not isinstance(value, list | tuple | Mapping):
        return None, _problem(declared, path, "is neither a list nor a map", "Give a list in [ ] or a map in { }.")
    left = [_MOST_BYTES]
    if why := _why_no_document(value, _DEEPEST, left):
        return None, _problem(declared, path, why, "Give texts, whole numbers, true, false, null, lists and maps.")
    return value, None


def _why_no_document(value: Any, depth: int, left: list[int]) -> str:
    """'' for a value that can be signed. `left`: bytes that it may still have, about."""
    left[0] -= 4 * len(value) if isinstance(value, str) else 8
    if left[0] < 0:
        return f"is longer than {_MOST_BYTES} bytes"
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, int):
        return "" if abs(value) < 2**53 else "holds a number beyond 2^53"
    if isinstance(value, str):
        return "holds a NUL character" if "\x00" in value else ""
    if not isinstance(value, list | tuple | Mapping):
        return "holds a number with a fraction, or something that JSON has not"
    if not depth:
        return f"has more than {_DEEPEST} levels"
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            return "has a key that is not text"
        value = [part for pair in value.items() for part in pair]
    return next(filter(None, (_why_no_document(item, depth - 1, left) for item in value)), "")


def _missing(declared: Field, path: str) -> Problem:
    return Problem(_join(path, declared.name), f"{declared.label} is missing.", "Fill it in.", "required")


def _problem(declared: Field, path: str, what: str, fix: str) -> Problem:
    return Problem(_join(path, declared.name), f"{declared.label} {what}.", fix)


def _range(declared: Field) -> str:
    match declared.minimum, declared.maximum:
        case None, None:
            return ""
        case low, None:
            return f" from {low}"
        case None, high:
            return f" up to {high}"
        case low, high:
            return f" from {low} to {high}"


def _either(choices: Sequence[str]) -> str:
    return " or ".join(filter(None, (", ".join(choices[:-1]), choices[-1]))) if choices else "nothing"


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
