"""YAML text of people, read with bounded work: looked through as a stream of events before anything is built.

Only what a plan needs is taken: plain values, lists and mappings with text as keys. Anchors and aliases are refused
because a few lines of them stand for any number of values.
"""

from collections.abc import Iterator
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
)
from ruamel.yaml.nodes import ScalarNode

from migrations_app.services.checking import invalid
from migrations_app.services.errors import InvalidInput

MOST_BYTES = 64 * 1024
MOST_EVENTS = 1000  # a value is one, a list or mapping two; a long plan has about 100
MOST_DEPTH = 16
_LONGEST_REASON = 160
_FIELD = "document"
_TEXT = "tag:yaml.org,2002:str"
_RESOLVER = YAML(typ="safe", pure=True).resolver


def read(text: str) -> Any:
    """The plain data of one document. Raises InvalidInput, naming line and column, for all that a plan never needs."""
    size = len(text.encode(errors="surrogatepass")) if len(text) <= MOST_BYTES else len(text)
    if size > MOST_BYTES:
        raise invalid(
            _FIELD,
            f"The document has more than {MOST_BYTES:,} bytes; it was not read.",
            "Shorten it: a plan is seldom longer than a page.",
            "too_long",
        )
    try:
        _look_through(_reader().parse(text))
        return _reader().load(text)
    except (YAMLError, ValueError, ArithmeticError) as error:  # impossible dates and numbers too
        mark = getattr(error, "problem_mark", None)
        what = str(getattr(error, "problem", None) or "a value in it cannot be read")[:_LONGEST_REASON]
        raise invalid(
            _FIELD, f"This is not YAML{_place(mark)}: {what}.", "Correct the document.", "not_yaml"
        ) from error


def _reader() -> YAML:
    return YAML(typ="safe", pure=True)


def _look_through(events: Iterator[Event]) -> None:
    """Stops at the first event that is not wanted, so that what comes after it costs nothing."""
    keys: list[bool | None] = []  # of each open collection: is a key next (None: it is a list)
    for number, event in enumerate(events, start=1):
        if number > MOST_EVENTS:
            raise _refused(event, "The document holds too many values", "Leave out what no plan needs.", "too_long")
        if isinstance(event, DocumentStartEvent) and (event.tags or event.version not in (None, (1, 2))):
            fix = "Leave out the lines that begin with %; YAML 1.2 is read."
            raise _refused(event, "The document begins with directives", fix, "directive")
        if isinstance(event, CollectionEndEvent):
            keys.pop()
        elif isinstance(event, NodeEvent):
            is_key = bool(keys and keys[-1])
            _check_node(event, is_key)
            if keys and keys[-1] is not None:
                keys[-1] = not is_key
            if isinstance(event, CollectionStartEvent):
                keys.append(True if isinstance(event, MappingStartEvent) else None)
                if len(keys) > MOST_DEPTH:
                    raise _refused(event, "The document is nested too deeply", "Write it flat.", "too_deep")


def _check_node(event: NodeEvent, is_key: bool) -> None:
    if isinstance(event, AliasEvent):
        raise _refused(event, "The document holds an alias (*)", "Write the value out.", "alias")
    if event.anchor is not None:
        raise _refused(event, "The document holds an anchor (&)", "Leave it out and write each value out.", "anchor")
    if isinstance(event, ScalarEvent | CollectionStartEvent) and event.tag is not None:
        raise _refused(event, "The document holds a tag (!)", "Leave it out; put text in quotes.", "tag")
    if is_key and not _is_text(event):
        raise _refused(event, "A key is not text", "Put it in quotes, or write the mapping as name: value.", "key")


def _is_text(event: NodeEvent) -> bool:
    """Whether a scalar is text by the rules of YAML; `1`, `true`, `null` and `<<` without quotes are not."""
    if not isinstance(event, ScalarEvent):
        return False
    return str(_RESOLVER.resolve(ScalarNode, event.value, event.implicit)) == _TEXT


def _refused(event: Event, what: str, fix: str, code: str) -> InvalidInput:
    return invalid(_FIELD, f"{what}{_place(event.start_mark)}; it was not read.", fix, code)


def _place(mark: Any) -> str:
    return "" if mark is None else f" in line {mark.line + 1}, column {mark.column + 1}"
