"""Whatever link a person follows leads to a page that opens for them: each role, from the home page on.

Of pages of one kind (by the name of their view) one is opened; of the administration one of each kind of page. What
browsers have against pages is for `tests/browser/test_every_page.py`.
"""

from collections import deque
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import pytest
from django.test import Client
from django.urls import Resolver404, resolve

from migrations_app.models import Person
from tests.doors.scene import EVERYWHERE, Scene, rolled_back
from tests.doors.walking import client_of

pytestmark = pytest.mark.django_db

SUPERUSER = "root"
# Kinds of pages that each surely comes to.
LEAST = {SUPERUSER: 80, "admin": 67, "operator": 48, "approver": 41, "auditor": 44, "viewer": 40}


@pytest.mark.parametrize("role", LEAST)
def test_every_link_leads_to_a_page(there: Scene, role: str) -> None:
    with rolled_back():
        walk = Walk(client_of(person_of(role, there)))
        walk.from_("/", *(["/admin/"] if role == SUPERUSER else []))

        assert walk.refused == []
        assert len(walk.kinds) >= LEAST[role], sorted(walk.kinds)


def person_of(role: str, there: Scene) -> Person:
    return Person.objects.create_superuser(SUPERUSER) if role == SUPERUSER else there.people[role, EVERYWHERE]


class Walk:
    """`refused`: what was answered with an error, and by whom it was linked. `kinds`: of pages seen."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.refused: list[str] = []
        self.kinds: set[str] = set()
        self.waiting: deque[tuple[str, str]] = deque()

    def from_(self, *paths: str) -> None:
        self.waiting.extend((path, "nobody") for path in paths)
        while self.waiting:
            self.open(*self.waiting.popleft())

    def open(self, path: str, linked_by: str) -> None:
        """Once a kind."""
        kind = kind_of(path)
        if kind in self.kinds:
            return
        self.kinds.add(kind)
        answer = self.client.get(path)
        if answer.status_code >= 400:
            self.refused.append(f"{answer.status_code} {path} (linked by {linked_by})")
        elif "Location" in answer:
            self.waiting.extend((urljoin(path, link), path) for link in of_ours([answer["Location"]]))
        elif "text/html" in answer["Content-Type"]:
            self.waiting.extend((urljoin(path, link), path) for link in links_in(answer.content.decode()))


def links_in(page: str) -> list[str]:
    found = Links()
    found.feed(page)
    return of_ours(found.links)


def of_ours(links: list[str]) -> list[str]:
    """Without what follows `#`, and none to elsewhere."""
    return [link.partition("#")[0] for link in links if not urlsplit(link).netloc and not urlsplit(link).scheme]


class Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """What is clicked on, and parts that the page asks for."""
        given = dict(attrs)
        clicked = given.get("href") if tag == "a" else None
        self.links += [link for link in (clicked, given.get("hx-get")) if link]


def kind_of(path: str) -> str:
    """The view's name; an address that leads nowhere is a kind of its own."""
    try:
        name = resolve(urlsplit(path).path).view_name
    except Resolver404:
        return path
    return f"admin:{name.rpartition('_')[2]}" if name.startswith("admin:") else name
