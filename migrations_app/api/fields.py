"""Schema violations in the words of the house: which field, what is wrong, what to do."""

from collections.abc import Mapping
from typing import Any

from migrations_app.services.errors import Problem

_FIXES: Mapping[str, str] = {
    "missing": "Give this field.",
    "extra_forbidden": "Leave this field out; /api/v1/openapi.json lists those that exist.",
    "string_too_long": "Give at most {max_length} characters.",
    "string_too_short": "Give at least {min_length} characters.",
    "greater_than_equal": "Give {ge} or more.",
    "less_than_equal": "Give {le} or less.",
    "int_type": "Give a whole number, without quotes.",
    "int_parsing": "Give a whole number.",
    "bool_type": "Give true or false.",
    "string_type": "Give text in quotes.",
    "dict_type": "Give an object with named members.",
    "list_type": "Give a list.",
    "enum": "Give one of: {expected}.",
    "literal_error": "Give one of: {expected}.",
}


def problem_of(error: Mapping[str, Any]) -> Problem:
    """A Problem from one of pydantic's errors. Its `field` is the path in the document that was sent."""
    source, *path = (str(part) for part in error["loc"])
    if source == "body" and path and path[0] == "body":
        path = path[1:]
    field = ".".join(path) or source
    context = error.get("ctx", {})
    fix = _FIXES.get(error["type"], "See /api/v1/openapi.json for what goes here.")
    message = str(error["msg"]).removeprefix("Value error, ").rstrip(".")
    return Problem(
        field, f"{field}: {message[:1].lower()}{message[1:]}.", fix.format_map(_Known(context)), error["type"]
    )


class _Known(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "what the documentation says"
