"""Each link of the documentation leads somewhere, also to a heading; each page is found from the first."""

import re
from functools import cache
from itertools import pairwise
from pathlib import Path, PurePosixPath

import pytest
from markdown_it import MarkdownIt

from migrations_app.web.handbook import anchor
from tests.architecture.sources import ROOT, tracked

PAGES = [str(path) for path in tracked() if path.suffix == ".md" and path.parts[0] != "tests"]
INDEX = "docs/README.md"
WRITTEN_ELSEWHERE = re.compile(r"^(https?:|mailto:)")


@cache
def anchors(page: str) -> frozenset[str]:
    tokens, seen = MarkdownIt("commonmark").enable("table").parse((ROOT / page).read_text()), {}
    headings = [after for token, after in pairwise(tokens) if token.type == "heading_open"]
    return frozenset(anchor("".join(part.content for part in h.children or ()), seen) for h in headings)


@cache
def links(page: str) -> tuple[str, ...]:
    inside = MarkdownIt("commonmark").enable("table").parse((ROOT / page).read_text())
    parts = [part for token in inside for part in token.children or ()]
    hrefs = [str(part.attrGet("href")) for part in parts if part.type == "link_open"]
    return tuple(hrefs + [str(part.attrGet("src")) for part in parts if part.type == "image"])


def resolved(page: str, path: str) -> str:
    return str((ROOT / PurePosixPath(page).parent / path).resolve().relative_to(ROOT)) if path else page


@pytest.mark.parametrize("page", PAGES)
def test_each_link_leads_somewhere(page: str) -> None:
    dead = []
    for href in links(page):
        path, _, fragment = href.partition("#")
        if WRITTEN_ELSEWHERE.match(href):
            continue
        found = ROOT / resolved(page, path)
        if not found.exists() or (fragment and fragment not in anchors(resolved(page, path))):
            dead.append(href)
    assert dead == []


def test_each_page_of_the_documentation_is_reached_from_the_first() -> None:
    reached, at_hand = {INDEX}, [INDEX]
    while at_hand:
        page = at_hand.pop()
        for href in links(page):
            target = "" if WRITTEN_ELSEWHERE.match(href) else resolved(page, href.partition("#")[0])
            if target.endswith(".md") and target.startswith("docs/") and target not in reached:
                reached.add(target)
                at_hand.append(target)
    assert {page for page in PAGES if page.startswith("docs/")} - reached == set()


def test_a_dead_link_would_be_found() -> None:
    assert "what-never-is" in anchors("docs/runbooks/README.md")
    assert "what-never-was" not in anchors("docs/runbooks/README.md")
    assert not (ROOT / resolved("docs/runbooks/README.md", "../nowhere.md")).exists()
    assert Path(resolved("docs/runbooks/README.md", "../audit.md")) == Path("docs/audit.md")
