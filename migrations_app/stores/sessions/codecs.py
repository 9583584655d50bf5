"""Whether bytes are what their codec says. Nothing is ever unpickled, and opaque bytes are not looked into."""

import json

import msgpack  # type: ignore[import-untyped]

from migrations_app.beam.terms import problem_with_term
from migrations_app.stores.sessions.records import Codec


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


#: One for all values: `json.loads` with a hook makes a decoder for each, which takes longer than most values do.
_JSON = json.JSONDecoder(parse_constant=_refuse_constant)


def problem_with(codec: Codec, value: bytes) -> str:
    """Why these bytes are not of the codec; '' when they are."""
    if codec is Codec.OPAQUE:
        return ""
    if codec is Codec.ETF:
        return problem_with_term(value)
    try:
        if codec is Codec.JSON:
            _JSON.decode(value.decode(json.detect_encoding(value), "surrogatepass"))
        else:
            msgpack.unpackb(value, strict_map_key=False)
    except (ValueError, TypeError, RecursionError, msgpack.UnpackException):
        return f"the value is not {'JSON' if codec is Codec.JSON else 'MessagePack'}"
    return ""
