"""The documentation as pages: each of them comes without a session, without a database, and leads to the others."""

import re

import pytest
from django.test import Client

from migrations_app.web import handbook
from migrations_app.web.help import RUNBOOKS

NAMES = sorted(handbook.names())


@pytest.mark.parametrize("name", NAMES)
def test_each_page_comes_without_a_database(client: Client, name: str) -> None:
    """No test here asks for one: a query would fail."""
    answer = client.get(handbook.address(name))
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "<h1 id=" in text
    assert "style=" not in text
    assert "sessionid" not in answer.cookies


def test_it_comes_to_a_browser_that_has_a_session(client: Client) -> None:
    client.cookies["sessionid"] = "whatever-this-is-it-is-not-looked-up"
    assert client.get("/docs/runbooks/postgresql-failover/").status_code == 200


def test_links_lead_to_pages_here_and_to_their_headings() -> None:
    texts = {name: str(handbook.page_of(name).body) for name in NAMES}
    anchors = {name: set(re.findall(r' id="([^"]+)"', text)) for name, text in texts.items()}
    addresses = {handbook.address(name): name for name in NAMES}
    for name, text in texts.items():
        for href in re.findall(r'href="([^"]+)"', text):
            path, _, fragment = href.partition("#")
            if not path.startswith("http"):
                to = addresses[path] if path else name
                assert not fragment or fragment in anchors[to], (name, href)
    assert 'href="/docs/backup/#restore-with-postgresql"' in texts["runbooks/broken-chain"]
    assert "CONTRIBUTING.md" not in texts["README"]
    assert "Contributing" in texts["README"]


@pytest.mark.parametrize("path", ["nowhere", "../snakeweb/settings", "runbooks/..%2f..%2fsettings", "/etc/passwd"])
def test_what_is_no_page_is_not_there(client: Client, path: str) -> None:
    assert client.get(f"/docs/{path}/").status_code == 404


def test_raw_html_is_text() -> None:
    rendered = handbook._READER.render("<script>alert(1)</script> `a < b`\n\n| a |\n|--:|\n| b |\n")
    assert "<script>" not in rendered
    assert "<code>a &lt; b</code>" in rendered


def test_anchors_are_those_of_github() -> None:
    seen: dict[str, int] = {}
    assert handbook.anchor("What it's *not*: a, b (c)", seen) == "what-its-not-a-b-c"
    assert [handbook.anchor("Rules", seen) for _ in range(3)] == ["rules", "rules-1", "rules-2"]


def test_every_runbook_that_an_error_leads_to_is_there() -> None:
    assert {f"runbooks/{name}" for name in RUNBOOKS} <= handbook.names()
