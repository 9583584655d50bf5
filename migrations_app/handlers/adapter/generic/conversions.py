"""The closed set of conversions. Each does exactly what the Python expression beside its name in EXPRESSIONS does."""

import base64
import json
from collections.abc import Callable
from typing import Any, Final


def _list_of(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def converted(value: Any) -> Any:
        return [convert(one) for one in value]

    return converted


EXPRESSIONS: Final[dict[str, str]] = {
    "int": "int(value)",
    "float": "float(value)",
    "str": "str(value)",
    "bool": "bool(value)",
    "list": "list(value)",
    "tuple": "tuple(value)",
    "set": "set(value)",
    "frozenset": "frozenset(value)",
    "dict": "dict(value)",
    "sorted": "sorted(value)",
    "list_of_int": "[int(one) for one in value]",
    "list_of_float": "[float(one) for one in value]",
    "list_of_str": "[str(one) for one in value]",
    "list_of_bool": "[bool(one) for one in value]",
    "utf8_encode": "value.encode()",
    "utf8_decode": "value.decode()",
    "tolist": "value.tolist()",
    "item": "value.item()",
    "isoformat": "value.isoformat()",
    "json_loads": "json.loads(value)",
    "json_dumps": "json.dumps(value)",
    "base64_decode": "base64.b64decode(value)",
    "base64_encode": "base64.b64encode(value)",
}

CONVERSIONS: Final[dict[str, Callable[[Any], Any]]] = {
    "int": int,
    "float": float,
    "str": str,
    "bool": bool,
    "list": list,
    "tuple": tuple,
    "set": set,
    "frozenset": frozenset,
    "dict": dict,
    "sorted": sorted,
    "list_of_int": _list_of(int),
    "list_of_float": _list_of(float),
    "list_of_str": _list_of(str),
    "list_of_bool": _list_of(bool),
    "utf8_encode": lambda value: value.encode(),
    "utf8_decode": lambda value: value.decode(),
    "tolist": lambda value: value.tolist(),
    "item": lambda value: value.item(),
    "isoformat": lambda value: value.isoformat(),
    "json_loads": json.loads,
    "json_dumps": json.dumps,
    "base64_decode": base64.b64decode,
    "base64_encode": base64.b64encode,
}


def convert(value: Any, names: tuple[str, ...]) -> Any:
    """One after the other. Raises what the expression would raise; KeyError for a name outside of the set."""
    for name in names:
        value = CONVERSIONS[name](value)
    return value
