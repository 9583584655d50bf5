"""Every address that the URL resolver knows, asked as somebody; and what became of it, whatever the page looks like."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from migrations_app.models import AuditEntry, Person
from tests.doors.furnishing import numbers_for
from tests.doors.scene import Scene, rolled_back

OPEN, REFUSED, HIDDEN, SIGNED_OUT = "open", "refused", "hidden", "signed out"
OTHER_SITE = {"Origin": "https://elsewhere.example"}


@dataclass(frozen=True)
class Address:
    name: str  # with its namespace
    pattern: str
    arguments: tuple[str, ...]


def addresses(
    resolver: Any = None, before: str = "", namespace: str = "", given: tuple[str, ...] = ()
) -> Iterator[Address]:
    for entry in (resolver or get_resolver()).url_patterns:
        where = f"{before}{entry.pattern}"
        arguments = (*given, *(entry.pattern.converters or entry.pattern.regex.groupindex))
        if isinstance(entry, URLResolver):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from addresses(entry, where, inner, arguments)
        elif isinstance(entry, URLPattern) and entry.name:
            yield Address(f"{namespace}{entry.name}", where, arguments)


def client_of(person: Person | None) -> Client:
    client = Client()
    if person is not None:
        client.force_login(person)
    return client


def path_of(address: Address, there: Scene) -> str:
    numbers = numbers_for(address.name, there.numbers)
    return reverse(address.name, kwargs={name: numbers[name] for name in address.arguments})


@dataclass(frozen=True)
class Answered:
    """`denials`: entries of the audit trail that say so."""

    outcome: str
    denials: int


def asked(
    client: Client, method: str, path: str, before: Callable[[Client, str], str] | None = None, **sent: Any
) -> Answered:
    """What became of it, and everything is taken back again. `before`: what the browser has done, and where it asks."""
    client.cookies.pop("messages", None)  # what an earlier answer had to say
    with rolled_back():
        path = before(client, path) if before else path
        newest = AuditEntry.objects.order_by("-seq").values_list("seq", flat=True).first() or 0
        answer = getattr(client, method.lower())(path, **sent)
        if answer.streaming:
            b"".join(answer.streaming_content)
        said = [json.loads(bytes(e.body)) for e in AuditEntry.objects.filter(seq__gt=newest, outcome="denied")]
        assert answer.status_code < 500, (method, path, answer.status_code)
        return Answered(_outcome(answer, said), len(said))


def _outcome(answer: Any, denials: list[Any]) -> str:
    if answer.status_code == 404:
        return HIDDEN
    if answer.status_code == 401 or "/login/" in answer.get("Location", ""):
        return SIGNED_OUT
    denied = any(body["reason"].startswith("permission_denied") for body in denials) or _told(answer)
    return REFUSED if answer.status_code == 403 or denied else OPEN


def _told(answer: Any) -> bool:
    """A form that was refused leads back to its page, and says so there."""
    told = getattr(answer.wsgi_request, "_messages", ())
    return any(message.level_tag == "error" and " may not " in str(message) for message in told)
