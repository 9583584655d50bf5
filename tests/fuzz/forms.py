"""The forms that pages have: where each is sent, and what it says when nobody has typed anything."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

from django.test import Client


@dataclass(frozen=True)
class Form:
    page: str
    action: str
    fields: dict[str, str] = field(default_factory=dict)


class _Reader(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.page, self.found = page, list[Form]()
        self._open: Form | None = None
        self._select = ""

    def handle_starttag(self, tag: str, given: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in given}
        if tag == "form" and said.get("method", "").lower() == "post":
            self._open = Form(self.page, urljoin(self.page, said.get("action", "")) or self.page)
            self.found.append(self._open)
        elif self._open is None:
            return
        elif tag in ("input", "textarea", "button") and said.get("name"):
            self._open.fields.setdefault(said["name"], said.get("value", ""))
        elif tag == "select":
            self._select = said.get("name", "")
        elif tag == "option" and self._select and ("selected" in said or self._select not in self._open.fields):
            self._open.fields[self._select] = said.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open, self._select = None, ""


def forms_of(client: Client, pages: Iterable[str]) -> Iterator[Form]:
    """Each once, by where it goes and what it asks."""
    seen = set()
    for page in pages:
        answer = client.get(page)
        if answer.status_code != 200 or "html" not in answer.headers["Content-Type"]:
            continue
        reader = _Reader(page)
        reader.feed(answer.content.decode())
        for form in reader.found:
            which = (form.action, tuple(sorted(form.fields)))
            if which not in seen:
                seen.add(which)
                yield form
