import re

import pytest
from django.utils import timezone

from tests.past_runs import past_run
from tests.stores_on_disk import newest
from tests.web.door import signed_in


@pytest.fixture
def past(stage):
    """The page looks back from the present moment."""
    revision, now = newest(stage.planned()), timezone.now()
    for seconds in (200, 300, 400):
        past_run(revision, now, seconds=seconds, sessions=10_000)
    past_run(revision, now, seconds=5, state="failed")


def text_of(path: str, who: str = "viewer", **headers: str) -> str:
    answer = signed_in(who).get(path, headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def test_drawings_tables_and_ways_to_one_kind_of_run(past):
    text = text_of("/trends/?span=month")

    assert text.count('<svg class="chart"') == 3
    assert "Duration, minutes, median: 5 at " in text
    assert "Throughput, sessions a second, median: 33 at " in text
    assert "Failures, % of runs: 25 at " in text
    link = re.search(r'<a href="(/trends/\?[^"]*)">sqlite to sqlite', text)
    assert link
    assert "span=month" in link[1]
    alone = text_of(link[1].replace("&amp;", "&"))
    assert "The drawings are of" not in alone
    assert "5 min" in alone


def test_a_filter_brings_the_results_alone(past):
    text = text_of("/trends/?stores=redis+to+beam", **{"HX-Request": "true"})
    assert text.lstrip().startswith('<div class="stack" id="results"')
    assert "No run ended in this time" in text


@pytest.mark.parametrize("query", ["span=x", "environment=nowhere", "type=x&stores=y", "span=year&page=9"])
def test_an_odd_address_shows_what_there_is(past, query):
    text_of(f"/trends/?{query}")


def test_an_outsider_sees_nothing_of_it(past):
    assert "sqlite to sqlite" not in text_of("/trends/?span=year", "outsider")
