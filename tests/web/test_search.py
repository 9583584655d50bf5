"""The page of the search, the page of the words, and the theme."""

import re

import pytest

from migrations_app.selectors.search import PAGE
from tests.cast import Cast
from tests.stores_on_disk import Stage
from tests.web.door import signed_in

pytestmark = pytest.mark.django_db


def text_of(path: str, username: str = "viewer", **headers: str) -> str:
    answer = signed_in(username).get(path, headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def test_what_was_found_is_counted_by_kind_and_cut_into_pages(stage: Stage) -> None:
    for number in range(PAGE):
        stage.migration(title=f"sessions {number}")
    page = text_of("/search/?q=sessions")

    assert f">{PAGE + 2} found</h2>" in page
    assert '<a href="/search/?q=kind%3Atarget%20sessions"><span>Targets</span><span class="faint">2</span>' in page
    assert "<mark>sessions</mark> 3" in page
    more = re.search(r'href="(/search/\?q=sessions&amp;cursor=[^"]+)"', page)
    assert more
    rest = text_of(more[1].replace("&amp;", "&"))
    assert (page + rest).count('class="cover" href="/migrations/') == PAGE
    assert "sessions-<mark>" not in page
    assert rest.count('class="cover" href="/targets/') + page.count('class="cover" href="/targets/') == 2
    narrowed = text_of("/search/?q=kind:target+sessions")
    assert 'aria-current="true"><span>Targets' in narrowed
    assert 'href="/migrations/1/"' not in narrowed


def test_only_what_was_found_is_sent_while_somebody_types(stage: Stage) -> None:
    part = text_of("/search/?q=sessions", HX_Request="true")

    assert part.lstrip().startswith('<div id="found"')
    assert "<html" not in part


def test_it_says_what_it_did_not_find_and_what_was_meant(stage: Stage) -> None:
    page = text_of("/search/?q=sesions-source")

    assert "Nothing found for “sesions-source”" in page
    assert 'Did you mean <a href="/search/?q=sessions-source">sessions-source</a>?' in page
    assert "There is no kind “moon”" in text_of("/search/?q=kind:moon")
    assert "Do or go" in text_of("/search/?q=calendar")
    assert "look there for" in text_of("/search/?q=calendar", "auditor")
    assert "look there for" not in text_of("/search/?q=calendar", "viewer")


def test_the_words_of_the_pages_stand_on_one_page(cast: Cast) -> None:
    page = text_of("/help/")

    assert '<div id="dry-run"><dt>Dry runs</dt>' in page
    assert 'href="/help/#dry-run"' in text_of("/search/palette/?q=dry+run")


def test_a_theme_is_kept_by_the_browser_until_it_is_put_back(cast: Cast) -> None:
    client = signed_in("viewer")
    assert "data-theme" not in client.get("/settings/").content.decode()
    for sent, shown in (("dark", 'data-theme="dark"'), ("light", 'data-theme="light"'), ("purple", None)):
        answer = client.post("/settings/theme/", {"theme": sent}, headers={"HX-Request": "true"})
        assert (answer.status_code, answer["HX-Refresh"]) == (204, "true")
        page = client.get("/settings/").content.decode()
        assert shown in page if shown else "data-theme" not in page
    assert client.cookies["theme"]["samesite"] == "Lax"
    assert "Dark theme" in client.get("/search/palette/", {"q": "dark"}).content.decode()
