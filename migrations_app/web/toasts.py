"""Messages to the reader of the next page: toasts that may be undone, and notices that stay until they are read."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib import messages
from django.contrib.messages.storage.base import Message
from django.http import HttpRequest

TONES = {"success": "good", "warning": "warn", "error": "bad"}
ICONS = {"success": "check-circle", "warning": "exclamation-triangle", "error": "exclamation-circle"}
_UNDO = "undo:"


@dataclass(frozen=True, slots=True)
class Told:
    """`undo` is the address that takes it back ('' when nothing does)."""

    text: str
    tone: str
    icon: str
    undo: str


@dataclass(frozen=True, slots=True)
class Sorted:
    """What went wrong stays on the page; everything else is a toast."""

    notices: tuple[Told, ...]
    toasts: tuple[Told, ...]


def can_be_undone(request: HttpRequest, text: str, *, undo: str) -> None:
    """`undo` is an address of ours that takes a POST without fields."""
    messages.success(request, text, extra_tags=f"{_UNDO}{undo}")


def told(message: Message) -> Told:
    level, extra = message.level_tag, message.extra_tags or ""
    undo = extra.removeprefix(_UNDO) if extra.startswith(_UNDO) else ""
    return Told(str(message.message), TONES.get(level, "info"), ICONS.get(level, "information-circle"), undo)


def sort(given: Iterable[Message]) -> Sorted:
    """Looking at messages takes them from the session, so a page does it once."""
    all_of_them = [told(message) for message in given]
    wrong = ("bad", "warn")
    return Sorted(
        notices=tuple(one for one in all_of_them if one.tone in wrong),
        toasts=tuple(one for one in all_of_them if one.tone not in wrong),
    )
