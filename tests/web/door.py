"""The pages as a browser without scripts sees them."""

import html
import re
from html.parser import HTMLParser

from django.http import HttpResponse
from django.test import Client

from tests.cast import PASSWORD

HIDDEN = re.compile(r'<input type="hidden" name="(version|opened)" value="([^"]*)">')


def signed_in(username: str) -> Client:
    """Through the login form, so that the session knows when the password was shown."""
    client = Client(headers={"Referer": "http://testserver/migrations/"})
    answer = client.post("/accounts/login/", {"login": username, "password": PASSWORD})
    assert answer.status_code == 302, answer.content
    return client


def five_minutes_later(client: Client) -> None:
    """As if the person had shown that it is them 301 seconds ago."""
    session = client.session
    for record in session["account_authentication_methods"]:
        record["at"] -= 301
    session.save()


def shown_again(client: Client, asked: HttpResponse) -> HttpResponse:
    """The answer after the password was given where `asked` leads to: what was posted before is done then."""
    assert asked.status_code == 302
    assert "/reauthenticate/" in asked["Location"], asked["Location"]
    return client.post(asked["Location"], {"password": PASSWORD}, follow=True)


class _EditForm(HTMLParser):
    """What a browser sends of the form with an input `mark`, as long as nobody has typed anything."""

    def __init__(self, mark: str) -> None:
        super().__init__()
        self.mark = mark
        self.sent: dict[str, list[str]] = {}
        self.found: dict[str, list[str]] = {}
        self._name, self._text, self._select, self._options = "", "", "", list[str]()

    def handle_starttag(self, tag: str, given: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in given}
        name = said.get("name", "")
        if tag == "form":
            self.sent = {}
        elif tag == "input" and name and (said.get("type") not in ("checkbox", "radio") or "checked" in said):
            unsaid = "on" if said.get("type") in ("checkbox", "radio") else ""
            self.sent.setdefault(name, []).append(said.get("value", unsaid))
        elif tag == "textarea":
            self._name, self._text = name, ""
        elif tag == "select":
            self._select, self._options = name, []
        elif tag == "option" and self._select and ("selected" in said or not self._options):
            self._options = [said.get("value", "")]

    def handle_data(self, data: str) -> None:
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self.sent.setdefault(self._name, []).append(self._text.removeprefix("\n"))
        elif tag == "select":
            self.sent.setdefault(self._select, []).extend(self._options)
            self._select = ""
        elif tag == "form" and self.mark in self.sent:
            self.found = self.sent


def untouched(page: bytes, mark: str = "opened") -> dict[str, list[str]]:
    reader = _EditForm(mark)
    reader.feed(page.decode())
    assert reader.found
    return reader.found


def opened_form(client: Client, path: str) -> dict[str, str]:
    """What the form of an edit sends of when it was opened."""
    page = client.get(path).content.decode()
    return {name: html.unescape(text) for name, text in HIDDEN.findall(page)}
