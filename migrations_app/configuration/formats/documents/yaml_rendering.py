"""Values as YAML 1.2 text: in flow style on one line, in block style on a line for each entry."""

import json
import math
import re
from collections.abc import Callable

from ruamel.yaml import YAML

from migrations_app.configuration.edits import NotEditable, Verbatim
from migrations_app.configuration.formats.documents.marks import Shown

PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*( [A-Za-z0-9_./-]+)*\Z")
Quote = Callable[[Verbatim, str], list[str]]
"""The lines of a Verbatim, further ones with an indentation."""


def flow(value: Shown, quote: Quote) -> str:
    """Raises NotEditable for a Verbatim of several lines, and for what YAML has no text for."""
    if isinstance(value, Verbatim):
        lines = quote(value, "")
        if len(lines) > 1:
            raise NotEditable(
                f"{value.span.file}, line {value.span.line}: this has lines of its own and fits into no single one. "
                "Nothing was changed; change it by hand."
            )
        return lines[0]
    if isinstance(value, dict):
        return f"{{{', '.join(f'{text(key)}: {flow(part, quote)}' for key, part in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(flow(part, quote) for part in value)}]"
    return scalar(value)


def block(value: Shown, indent: str, quote: Quote) -> list[str]:
    """The lines of a value, each with its indentation."""
    if isinstance(value, Verbatim):
        first, *others = quote(value, indent)
        return [f"{indent}{first}", *others]
    if isinstance(value, dict) and value:
        return [line for key, part in value.items() for line in _under(f"{indent}{text(key)}:", part, indent, quote)]
    if isinstance(value, list) and value:
        return [line for part in value for line in _item(part, indent, quote)]
    return [f"{indent}{flow(value, quote)}"]


def has_lines(value: Shown, quote: Quote) -> bool:
    """Whether it takes lines of its own in block style."""
    if isinstance(value, Verbatim):
        return len(quote(value, "")) > 1
    return isinstance(value, dict | list) and bool(value)


def scalar(value: bool | int | float | str | None) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return _float(value)
    return text(value)


def text(written: str) -> str:
    """Without quotes where every reader takes it for text."""
    if PLAIN.match(written) and YAML(typ="safe", pure=True).load(written) == written and not _is_old_boolean(written):
        return written
    return json.dumps(written, ensure_ascii=False)


def _under(key: str, value: Shown, indent: str, quote: Quote) -> list[str]:
    if not has_lines(value, quote):
        return [f"{key} {flow(value, quote)}"]
    return [key, *block(value, f"{indent}  ", quote)]


def _item(value: Shown, indent: str, quote: Quote) -> list[str]:
    inner = f"{indent}  "
    first, *others = block(value, inner, quote)
    return [f"{indent}- {first[len(inner) :]}", *others]


def _float(value: float) -> str:
    if not math.isfinite(value):
        raise NotEditable(f"Snakepit has no number {value}. Nothing was changed.")
    mantissa, e, exponent = repr(value).partition("e")
    return f"{mantissa if '.' in mantissa else f'{mantissa}.0'}{e}{exponent}"


def _is_old_boolean(written: str) -> bool:
    return written.lower() in {"yes", "no", "on", "off", "y", "n"}
