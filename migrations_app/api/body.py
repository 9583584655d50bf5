"""Reading a request's body. Bad text is a clear problem that names the place."""

import json
from collections import Counter
from typing import Any, NoReturn

from django.http import HttpRequest
from django.utils.datastructures import MultiValueDict
from ninja.parser import Parser
from ninja.types import DictStrAny

from migrations_app.api.problems import Unreadable

MOST_DEEP = 64  # levels of lists and objects; no document of ours has ten
MOST_DIGITS = 400  # more than the largest floating-point number has

TOO_DEEP = f"The body cannot be read: it is nested too deeply, more than {MOST_DEEP} levels."


class JsonParser(Parser):
    def parse_body(self, request: HttpRequest) -> DictStrAny:
        """Stricter than the standard asks: an object, each member once, no NaN, no text that no database keeps.

        Raises Unreadable, naming line and column.
        """
        text = text_of(request)
        try:
            document = json.loads(
                text, parse_int=_whole_number, parse_constant=_no_constant, object_pairs_hook=_once_each
            )
            _refuse_too_deep(document)
            if "\\u" in text:
                _refuse_unkept(document)
        except json.JSONDecodeError as error:
            raise Unreadable(
                "malformed_json",
                f"The body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}.",
                "Mend the JSON there; nothing was changed.",
            ) from error
        except RecursionError as error:
            raise Unreadable("malformed_json", TOO_DEEP, "Write it flat.") from error
        except ValueError as error:
            raise Unreadable("malformed_json", f"The body cannot be read: {error}.", "Mend the JSON.") from error
        if not isinstance(document, dict):
            raise Unreadable("malformed_json", "The body is not a JSON object.", "Send an object: { ... }.")
        return document

    def parse_querydict(
        self, data: MultiValueDict[str, Any], list_fields: list[str], request: HttpRequest
    ) -> DictStrAny:
        """Raises Unreadable for NUL, which PostgreSQL does not even compare with."""
        for name, values in data.lists():
            if any(isinstance(value, str) and "\x00" in value for value in values):
                raise Unreadable(
                    "unusable_text",
                    f"“{name[:60]}” holds a NUL character.",
                    "Leave it out.",
                    status=422,
                    field=name[:60],
                )
        return super().parse_querydict(data, list_fields, request)


def text_of(request: HttpRequest) -> str:
    """The body as text. Raises Unreadable."""
    try:
        return request.body.decode()
    except UnicodeDecodeError as error:
        raise Unreadable("not_text", "The body is not UTF-8 text.", "Save it as UTF-8 and send it again.") from error


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        twice = next(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
        raise ValueError(f"“{twice[:60]}” is given twice")
    return members


def _whole_number(digits: str) -> int:
    if len(digits) > MOST_DIGITS:
        raise ValueError(f"a number has {len(digits):,} digits; use at most {MOST_DIGITS}")
    return int(digits)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _refuse_too_deep(document: Any) -> None:
    """Level by level, because what is too deep for us may be too deep for the interpreter as well."""
    level = [document]
    for _ in range(MOST_DEEP):
        level = [
            item
            for value in level
            if isinstance(value, dict | list)
            for item in (value.values() if isinstance(value, dict) else value)
        ]
        if not level:
            return
    raise RecursionError


def _refuse_unkept(value: Any) -> None:
    """NUL and half characters can be written with escapes, and no database keeps them."""
    if isinstance(value, str):
        if "\x00" in value or any("\ud800" <= character <= "\udfff" for character in value):
            raise ValueError("a text holds \\u0000 or half of a character")
    elif isinstance(value, dict):
        for name, item in value.items():
            _refuse_unkept(name)
            _refuse_unkept(item)
    elif isinstance(value, list):
        for item in value:
            _refuse_unkept(item)
