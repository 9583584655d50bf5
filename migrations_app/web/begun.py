"""Sign-ins at a provider that were begun in this browser, in its session. Each tab may have one."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest

MOST = 5  # of one protocol; whoever begins another forgets the oldest
GOOD_FOR = timedelta(minutes=15)  # one that is older is finished by nobody who still sits there
NOT_BEGUN = (
    "This sign-in was not begun in this browser within the last 15 minutes, or was finished already. Begin it again."
)

Facts = Mapping[str, Any]


def remember(request: HttpRequest, protocol: str, number: str, facts: Facts, *, now: datetime) -> None:
    """`number` is what comes back with the browser: the state, or the id of the request. `facts` are for JSON."""
    new = {**facts, "begun_at": now.timestamp()}
    request.session[protocol] = dict([*begun(request, protocol, now=now).items(), (number, new)][-MOST:])


def begun(request: HttpRequest, protocol: str, *, now: datetime) -> dict[str, Facts]:
    """By number, the newest last: those that can still be finished, each with `begun_at` (seconds)."""
    kept: Mapping[str, Facts] = request.session.get(protocol, {})
    good_for = GOOD_FOR.total_seconds()
    return {number: each for number, each in kept.items() if abs(now.timestamp() - each["begun_at"]) <= good_for}


def finish(request: HttpRequest, protocol: str, number: str, *, now: datetime) -> Facts | None:
    """What was remembered, once; the others stay. None, and nothing is forgotten, where it was not begun here."""
    kept = begun(request, protocol, now=now)
    found = kept.pop(number, None)
    if found is not None:
        request.session[protocol] = kept
    return found
