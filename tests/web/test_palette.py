"""What the command palette offers, and to whom."""

import re

import pytest

from tests.cast import Cast
from tests.runs import a_run
from tests.web.door import signed_in

pytestmark = pytest.mark.django_db


def found(username: str, query: str = "") -> str:
    answer = signed_in(username).get("/search/palette/", {"q": query})
    assert answer.status_code == 200
    return answer.content.decode()


def test_nothing_typed_shows_where_one_can_go_and_what_one_can_begin(cast: Cast) -> None:
    operators, viewers, admins = found("operator"), found("viewer"), found("admin")

    assert "New migration" in operators
    assert "Go to runs" in operators
    assert "Go to audit" not in operators
    assert "New migration" not in viewers
    assert "Go to runs" in viewers
    assert "New target" in admins
    assert "Go to audit" in admins


def test_it_finds_things_and_pages_by_what_is_typed(cast: Cast) -> None:
    run = a_run()

    page = found("viewer", run.migration.title)

    assert f'href="/migrations/{run.migration_id}/"' in page
    assert 'data-count="1 found"' in page
    assert f'href="/runs/{run.pk}/"' in found("viewer", str(run.pk))
    assert 'href="/runs/"' in found("viewer", "GO run")


@pytest.mark.parametrize("role", ["operator", "approver", "auditor", "viewer", "admin", "outsider"])
def test_whatever_is_a_link_opens_and_what_does_something_is_a_button(cast: Cast, role: str) -> None:
    """A link may be opened in another tab, by a browser's own menu, or be looked at before it is clicked."""
    client = signed_in(role)
    page = client.get("/search/palette/", {"q": ""}).content.decode()
    links = re.findall(r'<a [^>]*href="([^"]*)"', page)

    assert {link: status for link in links if (status := client.get(link).status_code) >= 400} == {}
    assert len(links) >= 8
    assert not re.search(r"<a [^>]*hx-", page)
    posting = re.findall(r'<button type="button" role="option" id="([^"]*)" hx-post="([^"]*)"', page)
    assert [url for _, url in posting] == ["/settings/theme/"] * 3
    identifiers = re.findall(r'role="option" id="([^"]*)"', page)
    assert len(set(identifiers)) == len(identifiers) == len(links) + 3


def test_what_one_may_not_see_is_not_found(cast: Cast) -> None:
    run = a_run()

    page = found("outsider", run.migration.title)

    assert "/migrations/" not in page
    assert 'data-count="Nothing found"' in page
    assert "role=" not in page  # an empty listbox is no listbox
