"""Cursors of lists: each is sealed for the list and the filters that it belongs to, by the secret key of the server.

Any other (of another list, of other filters, of another Snakeweb, cut short, made up) would begin somewhere in the
wrong list, or from the top, and a program that reads page after page would read some rows twice and others never. So
it is refused.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.core.signing import BadSignature, Signer
from django.http import HttpRequest

from migrations_app.services.checking import invalid

_ALSO_THE_SAME = ("cursor", "limit")  # parameters that may differ from page to page


def sealed(cursor: str, context: Any) -> str:
    """What `next_cursor` says; '' on the last page. `context` is ninja's, of the request that is answered."""
    return _signer(context["request"]).sign(cursor) if cursor else ""


def opened(cursor: str, context: Any) -> str:
    """What was sealed. Raises InvalidInput."""
    if not cursor:
        return ""
    try:
        return _signer(context["request"]).unsign(cursor)
    except BadSignature as error:
        raise invalid(
            "cursor",
            "This cursor is not one of this list with these filters.",
            "Send `next_cursor` as it was given, to the same address with the same filters; leave it out to begin.",
            "foreign_cursor",
        ) from error


def _signer(request: HttpRequest) -> Signer:
    return Signer(salt=f"snakeweb.cursor {request.path_info} {_filters(request.GET)}")


def _filters(query: Mapping[str, Any]) -> str:
    return urlencode(sorted((name, value) for name, value in query.items() if value and name not in _ALSO_THE_SAME))
