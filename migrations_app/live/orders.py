"""What a page may ask of the socket, parsed and bounded."""

import json
from dataclasses import dataclass

MOST_CHARACTERS = 1_000


class MalformedOrder(ValueError):
    """Not an order that the socket knows; the message says what is wrong."""


@dataclass(frozen=True, slots=True)
class Subscribe:
    """`most` events at most are wanted of what there is already, the newest ones; 0: all that stand behind `after`."""

    run_id: int
    after: int
    most: int = 0


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    run_id: int


def parse(text: str | None) -> Subscribe | Unsubscribe:
    """Raises MalformedOrder."""
    if text is None or len(text) > MOST_CHARACTERS:
        raise MalformedOrder(f"Send JSON text of at most {MOST_CHARACTERS} characters.")
    try:
        order = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise MalformedOrder("That is not JSON.") from error
    if not isinstance(order, dict):
        raise MalformedOrder("Send a JSON object with `op`.")
    if order.get("op") == "subscribe":
        return Subscribe(_count(order, "run"), _count(order, "after", 0), _count(order, "most", 0))
    if order.get("op") == "unsubscribe":
        return Unsubscribe(_count(order, "run"))
    raise MalformedOrder("`op` is `subscribe` or `unsubscribe`.")


def _count(order: dict[str, object], name: str, default: int | None = None) -> int:
    value = order.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**63:
        raise MalformedOrder(f"`{name}` is a whole number from 0.")
    return value
