"""`ETag` and `If-Match` on edits: an edit says what it has seen, so that nobody's work is overwritten unseen.

Migrations and targets have a version, which grows with each edit; it is their strong `ETag` (`"3"`), and says nothing
of runs and reviews, which no edit replaces. An edit of one names the version in `If-Match`, or in the body as
`version`: 412 where it is another one by then, 428 where it says none. Whether it is, the service decides, under its
lock. Edits of other things replace only the fields that they name, and have no `ETag`: `If-Match` of anything but `*`
is refused there (412), for it would not be kept.
"""

import re
from collections.abc import Callable, Collection
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI

from migrations_app.api.problems import Unreadable
from migrations_app.services.checking import invalid
from migrations_app.services.errors import StaleEdit

VERSIONED = ("/migrations/{migration_id}", "/targets/{target_id}")
_PATHS = re.compile(r"/api/v1/(migrations|targets)/[0-9]+")
_TAG = re.compile(r'(W/)?"([^"\x00-\x20\x7f]*)"')
_VERSION = re.compile(r"[1-9][0-9]{0,8}")
Run = Callable[..., Any]


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


def only_where_kept(api: NinjaAPI) -> Callable[[Run], Run]:
    """A decorator for all operations of `api`: `If-Match` is refused where nothing would go by it."""

    def decorate(run: Run) -> Run:
        @wraps(run)
        def call(request: HttpRequest, **path: Any) -> Any:
            if request.method != "PATCH" or "If-Match" not in request.headers or _PATHS.fullmatch(request.path_info):
                return run(request, **path)
            try:
                if "*" not in (_tags(request) or ()):
                    raise StaleEdit(
                        "This has no versions, so none can be the one that If-Match names; nothing was changed.",
                        "Leave If-Match out: this edit replaces only the fields that it names.",
                    )
            except Exception as error:  # noqa: BLE001  the API's own table turns it into an answer
                return api.on_exception(request, error)
            return run(request, **path)

        return call

    return decorate


def tagged(response: HttpResponse, detail: dict[str, Any]) -> dict[str, Any]:
    """The detail of a thing with a version, whose `ETag` goes with it."""
    response["ETag"] = etag(detail["version"])
    return detail


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
    versions = [match[2] for match in map(_TAG.fullmatch, tags) if match and not match[1]]
    return next((int(version) for version in versions if _VERSION.fullmatch(version)), 0)
