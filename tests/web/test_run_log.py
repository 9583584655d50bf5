"""The log of a run with 200,000 lines: opened, read upwards, searched, linked to and downloaded in bounded pieces."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from migrations_app.models import Person, Run
from tests.cast import Cast
from tests.long_logs import RARE, lengthen
from tests.runs import a_run

pytestmark = pytest.mark.django_db
LENGTH = 200_000


@pytest.fixture
def run(cast: Cast) -> Run:
    return a_run()


@pytest.fixture
def client(cast: Cast) -> Client:
    client = Client()
    client.force_login(Person.objects.get(username="viewer"))
    return client


def numbers(html: str) -> list[int]:
    return [int(seq) for seq in re.findall(r'<li id="e(\d+)"', html)]


def test_a_log_of_two_hundred_thousand_lines(run: Run, client: Client) -> None:
    lengthen(run, LENGTH)
    with CaptureQueriesContext(connection) as asked:
        page = client.get(f"/runs/{run.pk}/").content.decode()
    assert numbers(page) == list(range(LENGTH - 199, LENGTH + 1))
    assert f"<b>{LENGTH - 200:,}</b> older lines" in page
    assert 'id="log-follow" checked' in page
    assert len(asked) < 42
    assert not any("OFFSET" in query["sql"] for query in asked)
    assert sum("migrations_app_runevent" in query["sql"] for query in asked) <= 6

    older = client.get(f"/runs/{run.pk}/lines/?before={LENGTH - 199}").content.decode()
    assert numbers(older) == list(range(LENGTH - 399, LENGTH - 199))
    assert "<html" not in older

    linked = client.get(f"/runs/{run.pk}/?at=1234").content.decode()
    assert '<li id="e1234" data-seq="1234" class="is-info" aria-current="true">' in linked
    assert numbers(linked)[0] == 1134
    assert "newer lines" in linked
    assert 'id="log-follow" checked' not in linked

    found = client.get(f"/runs/{run.pk}/hits/?q=NEEDLE").content.decode()
    assert f"<b>2 lines</b> in the newest 20,000 of {LENGTH:,}; searching on" in found
    assert f"<mark>needle</mark> in batch {19 * RARE} of the copy" in found
    goes_on = re.search(r'hx-get="([^"]+)"', found)
    assert goes_on is not None
    more = client.get(goes_on[1].replace("&amp;", "&")).content.decode()
    assert f"<b>4 lines</b> in the newest 40,000 of {LENGTH:,}" in more
    assert 'hx-swap-oob="true"' in more
    assert "<ol" not in more

    warned = client.get(f"/runs/{run.pk}/?level=warning").content.decode()
    assert f"<b>{LENGTH // RARE} lines</b> in all {LENGTH:,}" in warned
    assert f'href="?level=warning&amp;at={RARE}#e{RARE}"' in warned


def test_the_whole_log_is_downloaded_without_colours(run: Run, client: Client) -> None:
    lengthen(run, 2_345)
    answer = client.get(f"/runs/{run.pk}/log/")
    lines = b"".join(answer).decode().splitlines()
    assert answer.streaming
    assert len(lines) == 2_345
    assert lines[-1].endswith("info    one batch 2345 of the copy")


@pytest.mark.parametrize("asked", ["at=x", "before=-1", "after=", "at=99999999999999999999", "before=1;drop"])
def test_nonsense_in_the_address_is_the_tail_or_nothing(run: Run, client: Client, asked: str) -> None:
    assert client.get(f"/runs/{run.pk}/lines/?{asked}").status_code == 200
    assert client.get(f"/runs/{run.pk}/?{asked}&level=loud&below=x").status_code == 200


def test_an_empty_search_clears_what_was_found(run: Run, client: Client) -> None:
    for query in ("q=&level=", "q=++", "below=5"):
        assert (
            '<div class="log-hits" id="log-hits" hidden>'
            in client.get(f"/runs/{run.pk}/hits/?{query}").content.decode()
        )


def test_whoever_may_not_see_the_run_sees_none_of_its_log(run: Run) -> None:
    outsider = Client()
    outsider.force_login(Person.objects.get(username="outsider"))
    for address in ("lines/", "hits/?q=x", "log/"):
        assert outsider.get(f"/runs/{run.pk}/{address}").status_code == 404
