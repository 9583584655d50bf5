"""`ETag` and `If-Match` on edits: an edit says what it has seen, so that nobody's work is overwritten unseen.

What can be edited has a version, which grows with each edit; it is its strong `ETag` (`"3"`), and says nothing of what
no edit replaces, such as runs, reviews or health. Whether the version that an edit names is the newest, the service
decides, under its lock: 412 where it is another by then.

An edit of a migration or a target replaces what others may be writing, so it must name one: in `If-Match`, or as
`version` in the body; 428 where it says none. Edits of other things replace only the fields that they name, and may.
"""

import re
from collections.abc import Callable, Collection, Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse

from migrations_app.api.problems import Unreadable
from migrations_app.services.checking import invalid
from migrations_app.services.versions import Seen

VERSIONED = ("/migrations/{migration_id}", "/targets/{target_id}")
_TAG = re.compile(r'(W/)?"([^"\x00-\x20\x7f]*)"')
_VERSION = re.compile(r"[1-9][0-9]{0,8}")


def etag(version: int) -> str:
    return f'"{version}"'


def version_to_edit(request: HttpRequest, given: int | None, newest: Callable[[], int]) -> int:
    """The version that the edit is about; the service refuses it where it is not the newest (0 never is).

    Raises Unreadable (400 for a header that is none, 428 without any), and InvalidInput where header and body differ.
    """
    tags = _tags(request)
    if tags is None:
        if given is None:
            raise Unreadable(
                "precondition_required",
                "This edit does not say which version it has seen; nothing was changed.",
                'Get the thing, and send its ETag as If-Match, such as If-Match: "3"; or `version` in the body.',
                status=428,
                field="If-Match",
            )
        return given
    if given is not None and tags != ["*"] and etag(given) not in tags:
        raise invalid("If-Match", "The header names another version than the body.", "Send one of the two.")
    if given is not None:
        return given
    now_at = newest()
    return now_at if "*" in tags or etag(now_at) in tags else _seen(tags)


def versions_seen(request: HttpRequest) -> Seen:
    """Those that an edit may be about, for the service; None where any will do. Raises Unreadable."""
    tags = _tags(request)
    return None if tags is None or tags == ["*"] else frozenset(_versions(tags))


def tagged(response: HttpResponse, thing: Any) -> Any:
    """A row or the detail of a thing with a version, whose `ETag` goes with it."""
    response["ETag"] = etag(thing["version"] if isinstance(thing, dict) else thing.version)
    return thing


def _tags(request: HttpRequest) -> list[str] | None:
    """Strong tags; one that is weak matches nothing (RFC 9110, 13.1.1)."""
    text = request.headers.get("If-Match")
    if text is None:
        return None
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts or ("*" in parts and len(parts) > 1) or not all(part == "*" or _TAG.fullmatch(part) for part in parts):
        raise Unreadable(
            "invalid_header",
            "If-Match is neither * nor a list of entity tags; nothing was changed.",
            'Send the ETag as it was given, with its quotes: If-Match: "3".',
            field="If-Match",
        )
    return parts


def _seen(tags: Collection[str]) -> int:
    return next(_versions(tags), 0)


def _versions(tags: Collection[str]) -> Iterator[int]:
    for match in map(_TAG.fullmatch, tags):
        if match and not match[1] and _VERSION.fullmatch(match[2]):
            yield int(match[2])
