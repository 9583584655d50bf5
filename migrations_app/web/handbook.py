"""The documentation, as pages: `docs/` of the version that runs here, for everybody, and without the database.

Runbooks are read when something is broken. So these pages ask nobody who they are and touch no session: they come as
long as a web process answers.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

FOLDER = Path(settings.ASSETS_DIR) / "docs"
INDEX = "README"
_COMMENT = re.compile(r"^<!--.*?-->\n?", re.MULTILINE | re.DOTALL)
_NO_LETTER = re.compile(r"[^\w\- ]")


@dataclass(frozen=True, slots=True)
class Page:
    """`body` is HTML of our own pages, in which raw HTML is switched off. `contents` lists the headings of the second
    level as (anchor, text).
    """

    name: str
    title: str
    body: str
    contents: tuple[tuple[str, str], ...]


@require_safe
def handbook(request: HttpRequest, page: str = INDEX) -> HttpResponse:
    if page not in names():
        raise Http404(f"There is no page “{page}” in the documentation.")
    return render(request, "handbook.html", {"page": page_of(page), "is_index": page == INDEX})


@cache
def names() -> frozenset[str]:
    """`audit`, `runbooks/stuck-run`... as they are in the folder now; a path from outside is never opened."""
    return frozenset(path.relative_to(FOLDER).with_suffix("").as_posix() for path in FOLDER.rglob("*.md"))


@cache
def page_of(name: str) -> Page:
    text = _COMMENT.sub("", (FOLDER / f"{name}.md").read_text(encoding="utf-8"))
    tokens = _READER.parse(text)
    headings = _anchored(tokens)
    _lead(tokens, PurePosixPath(name))
    title = next((text for level, _, text in headings if level == 1), name)
    contents = tuple((anchor, text) for level, anchor, text in headings if level == 2)
    return Page(name, title, _READER.renderer.render(tokens, _READER.options, {}), contents)


def address(name: str) -> str:
    return reverse("handbook") if name == INDEX else reverse("handbook_page", args=[name])


def anchor(heading: str, seen: dict[str, int]) -> str:
    """As GitHub makes it, so that a link holds in both places; `seen` counts what a page has already."""
    found = _NO_LETTER.sub("", heading.lower()).strip().replace(" ", "-")
    times = seen.get(found, 0)
    seen[found] = times + 1
    return f"{found}-{times}" if times else found


def _anchored(tokens: list[Token]) -> list[tuple[int, str, str]]:
    """Gives each heading its id. (level, anchor, text) of each."""
    seen: dict[str, int] = {}
    found = []
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open":
            text = "".join(part.content for part in inline.children or ())
            opening.attrSet("id", anchor(text, seen))
            found.append((int(opening.tag[1:]), str(opening.attrGet("id")), text))
    return found


def _lead(tokens: list[Token], page: PurePosixPath) -> None:
    """Links to other pages of the folder lead to them here; what lies elsewhere in the repository is no link here."""
    for token in tokens:
        if token.children:
            token.children = _led(token.children, page)


def _led(parts: list[Token], page: PurePosixPath) -> list[Token]:
    kept, dropping = [], False
    for part in parts:
        if part.type == "image":
            continue
        if part.type == "link_open":
            target = _target(str(part.attrGet("href")), page)
            dropping = not target
            part.attrSet("href", target)
        elif part.type == "link_close" and dropping:
            dropping = False
            continue
        if not (part.type == "link_open" and dropping):
            kept.append(part)
    return kept


def _target(href: str, page: PurePosixPath) -> str:
    """'' where it leads out of the documentation."""
    if href.startswith(("https://", "http://", "#", "mailto:")):
        return href
    path, _, fragment = href.partition("#")
    name = _resolved(page.parent / path).removesuffix(".md")
    if name not in names():
        return ""
    return address(name) + (f"#{fragment}" if fragment else "")


def _resolved(path: PurePosixPath) -> str:
    parts: list[str] = []
    for part in path.parts:
        if part != "..":
            parts.append(part)
        elif not parts:
            return ""
        else:
            parts.pop()
    return "/".join(parts)


def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    rules: Mapping[str, Callable[..., str]] = {
        "table_open": _table,
        "table_close": lambda *_: "</table></div>",
        "fence": _block,
    }
    for name, rule in rules.items():
        reader.add_render_rule(name, lambda _, *words, rule=rule: rule(*words))
    return reader


def _table(tokens: list[Token], at: int, *_: Any) -> str:
    """A region that the keyboard can scroll; numbered, because no two of a page may be called the same."""
    number = sum(token.type == "table_open" for token in tokens[: at + 1])
    return f'<div class="table-wrap" tabindex="0" role="region" aria-label="Table {number}"><table>'


def _block(tokens: list[Token], at: int, *_: Any) -> str:
    """Code can be scrolled by keyboard."""
    from_text = tokens[at].content
    escaped = from_text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f'<pre class="code-block" tabindex="0"><code>{escaped}</code></pre>'


_READER = _reader()
