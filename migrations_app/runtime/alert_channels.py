"""Handing an alert to people: by mail, or through Apprise, which knows how some hundred services are spoken to.

Apprise makes its calls itself, in a process that ends with the call (`apprise_call.py`). The host of an address is
judged before, redirects are switched off in the address, and only kinds are taken whose host is the service's own, or
can be judged.
"""

import logging
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from apprise import Apprise
from django.core.mail import EmailMessage

from migrations_app.engine.alerts import ChannelKind
from migrations_app.models import AlertChannel
from migrations_app.runtime import alerting, outgoing
from migrations_app.runtime.apprise_call import Judged, NotTaken, notified

# Whose host is fixed in Apprise: nothing in the address can point elsewhere.
HOSTED = ("discord", "gchat", "ifttt", "opsgenie", "pagerduty", "pover", "signl4", "slack", "splunk", "tgram")
# Whose host is the one of the address.
SELF_HOSTED = (
    "gotify",
    "gotifys",
    "json",
    "jsons",
    "mmost",
    "mmosts",
    "ntfy",
    "ntfys",
    "rocket",
    "rockets",
    "workflows",
)
_SECONDS = 5
Attached = tuple[str, bytes, str]  # name, content, media type
logging.getLogger("apprise").setLevel(logging.CRITICAL)  # its lines quote addresses and answers


class ChannelFailed(RuntimeError):
    """It was not handed over; the argument is for people and names no secret."""


@dataclass(frozen=True, slots=True)
class Sent:
    milliseconds: int


def send(
    channel: AlertChannel, subject: str, text: str, attached: Sequence[Attached] = (), *, message: str = ""
) -> Sent:
    """For mails alone: `attached` and `message`, see `mail`. Raises ChannelFailed, and what `secrets_of` raises."""
    begun = time.monotonic()
    if channel.kind == ChannelKind.MAIL:
        return mail(channel.address.split(), subject, text, attached, message=message)
    _apprise(alerting.secrets_of(channel), subject, text)
    return Sent(int((time.monotonic() - begun) * 1000))


def problem_with_apprise(url: str) -> str:
    """'' for an address that Apprise can use and that leads where calls may go."""
    scheme = url.partition("://")[0].lower()
    if scheme not in (*HOSTED, *SELF_HOSTED):
        return f"“{scheme[:20]}://” is not among {', '.join(sorted((*HOSTED, *SELF_HOSTED)))}."
    try:
        host = urlsplit(url).hostname or ""
        if urlsplit(url).port == 0:
            return "This is no address: its port is 0."
    except ValueError:  # brackets that do not match, characters that stand for others, a port that there is not
        return "This is no address."
    if Apprise.instantiate(_without_redirects(url), suppress_exceptions=True) is None:
        return "Apprise cannot read this address."
    if scheme in SELF_HOSTED:
        return outgoing.problem_with(f"https://{f'[{host}]' if ':' in host else host}/")
    return ""


def apprise_shown(url: str) -> str:
    """Its kind, and its host where that is no secret."""
    scheme = url.partition("://")[0].lower()
    return f"{scheme}://{urlsplit(url).hostname or ''}/…" if scheme in SELF_HOSTED else f"{scheme}://…"


def mail(
    addresses: Sequence[str], subject: str, text: str, attached: Sequence[Attached] = (), *, message: str = ""
) -> Sent:
    """`message` is the same at every try, and so is its `Message-ID`: who gets it twice can tell. Raises
    ChannelFailed."""
    begun = time.monotonic()
    headers = {"Message-ID": f"<{message}@snakeweb.invalid>"} if message else {}
    try:
        EmailMessage(subject, text, to=list(addresses), attachments=list(attached), headers=headers).send()
    except OSError as error:
        raise ChannelFailed(f"The mail server did not take it: {type(error).__name__}.") from error
    return Sent(int((time.monotonic() - begun) * 1000))


def _apprise(url: str, subject: str, text: str) -> None:
    if problem := problem_with_apprise(url):
        raise ChannelFailed(problem)
    scheme, parts = url.partition("://")[0].lower(), urlsplit(url)
    judged = None
    if scheme in SELF_HOSTED:
        encrypted, networks = scheme == "workflows" or f"{scheme[:-1]}" in SELF_HOSTED, outgoing.allowed_networks()
        judged = Judged(tuple(map(str, networks)), encrypted)
        try:
            outgoing.CheckedBackend(networks, deadline=math.inf, encrypted=encrypted).permitted(
                parts.hostname or "", parts.port or 443
            )
        except outgoing.CallFailed as error:
            raise ChannelFailed(str(error)) from error
    try:
        notified(_without_redirects(url), subject, text, judged)
    except NotTaken as error:
        raise ChannelFailed(f"The service behind {apprise_shown(url)} {error}.") from None


def _without_redirects(url: str) -> str:
    parts = urlsplit(url)
    ours = {"redirect": "no", "cto": str(_SECONDS), "rto": str(_SECONDS), "retry": "0"}
    query = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name not in ours]
    return urlunsplit(parts._replace(query=urlencode([*query, *ours.items()])))
