"""Sign-ins at a provider that were begun in this browser, in its session. Each tab may have one."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest

MOST = 5  # of one protocol; whoever begins another forgets the oldest

Facts = Mapping[str, Any]


def remember(request: HttpRequest, protocol: str, number: str, facts: Facts) -> None:
    """`number` is what comes back with the browser: the state, or the id of the request. `facts` are for JSON."""
    request.session[protocol] = dict([*begun(request, protocol).items(), (number, dict(facts))][-MOST:])


def begun(request: HttpRequest, protocol: str) -> dict[str, Facts]:
    """By number, the newest last."""
    return dict(request.session.get(protocol, {}))


def finish(request: HttpRequest, protocol: str, number: str) -> Facts | None:
    """What was remembered, once; the others stay. None, and nothing is forgotten, where it was not begun here."""
    kept = begun(request, protocol)
    found = kept.pop(number, None)
    if found is not None:
        request.session[protocol] = kept
    return found
