import pytest

from migrations_app.engine.events import EventType
from migrations_app.selectors.refusals import NotFound
from migrations_app.selectors.run_log import MOST_EVENTS, events_after, log_pages, log_window
from tests.long_logs import lengthen
from tests.runs import a_run
from tests.selectors.journal import event, told

pytestmark = pytest.mark.django_db
LENGTH = 2_500


@pytest.fixture
def run(cast):
    run = a_run()
    lengthen(run, LENGTH)
    return run


@pytest.mark.parametrize(
    ("wanted", "first", "last"),
    [
        ({}, 2_301, 2_500),
        ({"before": 2_301}, 2_101, 2_300),
        ({"before": 51}, 1, 50),
        ({"before": 1}, 0, 0),
        ({"before": 10**30}, 2_301, 2_500),
        ({"after": 100}, 101, 300),
        ({"after": 2_450}, 2_451, 2_500),
        ({"after": 2_500}, 0, 0),
        ({"after": -5}, 1, 200),
        ({"at": 1_234}, 1_134, 1_333),
        ({"at": 3}, 1, 102),
        ({"at": 2_499}, 2_301, 2_500),
        ({"at": 10**30}, 2_301, 2_500),
        ({"at": -1}, 2_301, 2_500),
    ],
)
def test_a_window_is_where_one_asked_for_it(run, viewer, wanted, first, last):
    window = log_window(actor=viewer, run_id=run.pk, **wanted)

    assert [line.seq for line in window.lines] == list(range(first, last + 1) if first else ())
    assert (window.newest, window.at) == (LENGTH, min(max(wanted.get("at", 0), 0), LENGTH))
    if first:
        assert (window.older, window.newer) == (first - 1, LENGTH - last)


def test_a_log_is_read_in_pages_to_its_end(run, viewer):
    pages = list(log_pages(actor=viewer, run_id=run.pk))

    assert [line.seq for page in pages for line in page] == list(range(1, LENGTH + 1))
    assert max(map(len, pages)) == MOST_EVENTS


def test_whoever_may_not_see_a_run_sees_none_of_its_log(run, outsider):
    for read in (log_window, log_pages):
        with pytest.raises(NotFound):
            read(actor=outsider, run_id=run.pk)


def test_events_come_in_order_from_where_one_was(now, viewer):
    run = told(
        event(EventType.RUN_STARTED),
        event(EventType.STEP_STARTED, "one"),
        event(EventType.STEP_SUCCEEDED, "one"),
        start=now,
    )

    def seqs(after, limit=500):
        return [row.seq for row in events_after(actor=viewer, run_id=run.pk, after=after, limit=limit)]

    assert seqs(0) == seqs(-5) == [1, 2, 3, 4]
    assert seqs(2) == [3, 4]
    assert seqs(0, limit=1) == [1]
    assert seqs(4) == seqs(10**30) == []
