"""What a runbook quotes is there to be seen: words of pages and logs, metrics, causes of alerts, addresses."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.urls import Resolver404, resolve

from migrations_app.api.metrics import DECLARED, PREFIX
from tests.architecture.sources import ROOT, tracked

PAGES = [path for path in tracked() if path.parts[:2] == ("docs", "runbooks")]
DOCS = [path for path in tracked() if path.suffix == ".md" and (path.parts[0] == "docs" or path.name == "README.md")]
BLOCK = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)
QUOTED = re.compile(r"(?<![*\w])\*([^*\n]+)\*(?!\*)")
CODE = re.compile(r"`([^`\n]+)`")
OURS = r"https?://(?:127\.0\.0\.1|localhost|snakeweb\.example)[\w.:]*"
ADDRESS = re.compile(rf"(?:{OURS}|`)(/(?:healthz|readyz|metrics|api/v1/|runs|docs|migrations|audit|targets)[^\s`'\"]*)")
# Emphasis, and what others than Snakeweb say: PostgreSQL, PgBouncer, Celery.
NOT_OURS = {
    "correct",
    "session",
    "transaction",
    "No space left on device",
    "Dead at its start, with an error about its schedule file",
}
NOT_OURS |= {"The backup does not open", "The step cannot be undone", "It answers, but refuses writes"}  # cases
NOT_OUR_CODE = {"pg_wal", "synchronous_commit", "remote_apply"}


@cache
def what_is_said() -> str:
    """All that our pages and logs are made of, in one text without the code's own signs."""
    places = [path for path in tracked() if path.suffix in (".html", ".py", ".js") and path.parts[0] != "tests"]
    text = " ".join((ROOT / path).read_text() for path in places)
    return re.sub(r"\s+", " ", text.replace("_", " ")).lower()


def quoted(path: Path) -> Iterator[str]:
    for phrase in QUOTED.findall(BLOCK.sub("", (ROOT / path).read_text())):
        yield from (part.strip() for part in phrase.split("…") if part.strip() and phrase not in NOT_OURS)


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_the_words_that_a_reader_looks_for_are_on_a_page_or_in_a_log(path: Path) -> None:
    beginnings = ("still ",)  # "Still rolling back": the case, of words that a page says

    def plain(phrase: str) -> str:
        words = phrase.lower()
        return next((words.removeprefix(each) for each in beginnings if words.startswith(each)), words)

    assert [phrase for phrase in quoted(path) if plain(phrase) not in what_is_said()] == []


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_the_names_that_a_runbook_uses_are_known_to_the_code(path: Path) -> None:
    words = {
        word for code in CODE.findall(BLOCK.sub("", (ROOT / path).read_text())) for word in re.findall(r"\w+", code)
    }
    metrics = {word for word in words if word.startswith(PREFIX)}
    names = {word for word in words - metrics - NOT_OUR_CODE if "_" in word or re.match(r"[A-Z][a-z]+[A-Z]", word)}

    assert metrics <= {PREFIX + declared.name for declared in DECLARED}
    assert [name for name in names if name.replace("_", " ").lower() not in what_is_said()] == []


@pytest.mark.parametrize("path", DOCS, ids=str)
def test_an_address_that_is_shown_leads_somewhere(path: Path) -> None:
    dead = []
    for shown in ADDRESS.findall((ROOT / path).read_text()):
        address = re.sub(r"<[^>]*>|\{[^}]*\}", "1", shown.split("?")[0].split("#")[0].rstrip(".,;:)"))
        try:
            resolve(address)
        except Resolver404:
            dead.append(shown)
    assert dead == []


def test_what_nobody_says_would_be_found() -> None:
    assert "this run is stuck and needs a person" in what_is_said()
    assert "this run is stuck and wants its mother" not in what_is_said()
    assert sum(len(list(quoted(path))) for path in PAGES) > 20
