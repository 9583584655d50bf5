import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from migrations_app.models import RunEvent
from migrations_app.selectors import log_search as searching
from migrations_app.selectors.log_search import LogHits, LogQuery, log_search
from tests.long_logs import lengthen
from tests.runs import a_run

pytestmark = pytest.mark.django_db
RARE = 1_007
LENGTH = 3 * RARE + 50


@pytest.fixture
def run(cast, monkeypatch):
    monkeypatch.setattr(searching, "SCANNED", 2_000)
    run = a_run()
    lengthen(run, LENGTH, rare=RARE)
    return run


def whole(actor, run, **query) -> list[LogHits]:
    pages = [log_search(actor=actor, run_id=run.pk, query=LogQuery(**query))]
    while pages[-1].goes_on_below:
        last = pages[-1]
        pages.append(
            log_search(
                actor=actor,
                run_id=run.pk,
                query=last.query,
                below=last.goes_on_below,
                found=last.found,
                listed=last.listed,
                newest=last.newest,
            )
        )
    return pages


def test_a_word_is_found_wherever_it_stands_in_bounded_pages(run, viewer):
    with CaptureQueriesContext(connection) as asked:
        pages = whole(viewer, run, words="The NEEDLE")

    assert [line.seq for page in pages for line in page.lines] == [3 * RARE, 2 * RARE, RARE]
    assert [page.found for page in pages] == [2, 3]
    assert [page.looked_at for page in pages] == [searching.SCANNED, LENGTH]
    assert not any("OFFSET" in query["sql"] for query in asked)
    assert len(asked) <= 2 * 6


def test_a_level_is_found_by_its_index(run, viewer):
    with CaptureQueriesContext(connection) as asked:
        (page,) = whole(viewer, run, level="warning")

    assert [line.seq for line in page.lines] == [3 * RARE, 2 * RARE, RARE]
    assert (page.found, page.looked_at) == (3, LENGTH)
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for search in [query["sql"] for query in asked if '"level" =' in query["sql"]]:
                cursor.execute(f"EXPLAIN QUERY PLAN {search}")
                assert "event_by_level" in str(cursor.fetchall())


def test_word_and_level_together_scan_that_level_alone(run, viewer):
    (page,) = whole(viewer, run, words=f"needle in batch {RARE} of", level="warning")
    assert [line.seq for line in page.lines] == [RARE]


def test_what_is_read_is_searched_not_its_colours(run, viewer):
    (seen,) = log_search(actor=viewer, run_id=run.pk, query=LogQuery(f"batch {LENGTH} of")).lines
    assert seen.text.startswith("\x1b[32mbatch\x1b[0m")
    assert log_search(actor=viewer, run_id=run.pk, query=LogQuery("[32m")).found == 0


def test_many_hits_are_counted_and_the_newest_are_listed(run, viewer, monkeypatch):
    monkeypatch.setattr(searching, "LISTED", 30)
    pages = whole(viewer, run, words="batch")

    assert sum(len(page.lines) for page in pages) == 30
    assert pages[0].lines[0].seq == LENGTH
    assert pages[-1].found == LENGTH - 1  # the first line says that it was queued


def test_lines_that_are_written_meanwhile_disturb_no_search(run, viewer):
    first = log_search(actor=viewer, run_id=run.pk, query=LogQuery("needle"))
    lengthen(run, LENGTH + 10, rare=RARE)
    second = log_search(
        actor=viewer,
        run_id=run.pk,
        query=first.query,
        below=first.goes_on_below,
        found=first.found,
        newest=first.newest,
    )
    assert (second.newest, second.looked_at, second.found) == (LENGTH, LENGTH, 3)


@pytest.mark.parametrize("level", ["loud", "'; DROP TABLE"])
def test_an_unknown_level_is_none(run, viewer, level):
    assert log_search(actor=viewer, run_id=run.pk, query=LogQuery("needle", level)).query.level == ""
    assert RunEvent.objects.filter(run=run).count() == LENGTH
