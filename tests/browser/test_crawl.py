"""Whatever link a person follows leads to a page, in light and dark, and no browser has anything to say against it.

Of pages of one kind (by the name of their view) one is opened; of the administration one of each kind of page.
"""

from collections import deque
from urllib.parse import urljoin, urlsplit

import pytest
from django.urls import Resolver404, resolve
from playwright.sync_api import Page

from migrations_app.models import Person
from tests.browser.people import People
from tests.cast import PASSWORD, Cast

pytestmark = [pytest.mark.browser, pytest.mark.servers]

SUPERUSER = "root"
# Kinds of pages that each surely comes to.
LEAST = {SUPERUSER: 52, "admin": 45, "operator": 32, "approver": 30, "auditor": 30, "viewer": 28}


@pytest.fixture
def superuser(company: Cast) -> None:
    Person.objects.create_superuser(SUPERUSER, password=PASSWORD)


@pytest.mark.parametrize("username", LEAST)
def test_every_link_leads_to_a_page_that_browsers_have_nothing_against(
    furnished: None, superuser: None, people: People, username: str
) -> None:
    page = people.sign_in(username)
    walk = Walk(page)
    walk.from_("/", *(["/admin/"] if username == SUPERUSER else []))

    assert walk.refused == []
    assert len(walk.kinds) >= LEAST[username], sorted(walk.kinds)


class Walk:
    """`refused`: what was asked for and answered with an error, and by whom it was linked. `kinds`: of pages seen."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.refused: list[str] = []
        self.kinds: set[str] = set()
        self.waiting: deque[tuple[str, str]] = deque()
        page.on("response", lambda answer: self._judge(answer.status, answer.url))
        page.on("requestfailed", lambda request: self.refused.append(f"{request.url}: {request.failure}"))

    def from_(self, *paths: str) -> None:
        self.waiting.extend((path, "nobody") for path in paths)
        while self.waiting:
            self.open(*self.waiting.popleft())

    def open(self, path: str, linked_by: str) -> None:
        """Once a kind. A file is fetched, and opens no page."""
        kind = kind_of(path)
        if kind in self.kinds:
            return
        self.kinds.add(kind)
        answer = self.page.context.request.get(path)
        self._judge(answer.status, f"{path} (linked by {linked_by})")
        if "text/html" not in answer.headers.get("content-type", "") or not answer.ok:
            return
        self.page.emulate_media(color_scheme="light")
        self.page.goto(path)
        self.page.emulate_media(color_scheme="dark")
        links = self.page.locator("a[href]").evaluate_all("each => each.map(link => link.getAttribute('href'))")
        here = [urljoin(path, link) for link in links if not urlsplit(link).netloc and not urlsplit(link).scheme]
        self.waiting.extend((link.partition("#")[0], path) for link in here)

    def _judge(self, status: int, what: str) -> None:
        if status >= 400:
            self.refused.append(f"{status} {what}")


def kind_of(path: str) -> str:
    """The view's name; an address that leads nowhere is a kind of its own."""
    try:
        name = resolve(urlsplit(path).path).view_name
    except Resolver404:
        return path
    return f"admin:{name.rpartition('_')[2]}" if name.startswith("admin:") else name
