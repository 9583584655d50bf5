import threading
from contextlib import closing

import pytest

from migrations_app.engine.errors import DependencyUnavailable
from migrations_app.handlers.session.paging import pages, pages_ahead, sample
from migrations_app.handlers.session.sides import reader
from migrations_app.stores.sessions.base import Partition
from tests.handlers.session.moves import fill, opened, place, sessions


def test_a_sample_is_found_among_what_belongs_to_others(redis_place):
    others, ours = redis_place(), redis_place()
    fill(others, sessions(3000))
    fill(ours, sessions(40))

    with opened(ours) as store:
        assert len(sample(store, 30).records) == 30
        assert len(sample(store, 500).records) == 40


def readers():
    return [thread for thread in threading.enumerate() if thread.name == "session-reader"]


@pytest.fixture
def filled(sqlite_place):
    target = sqlite_place()
    fill(target, sessions(250))
    return target


def test_every_session_once_and_the_last_page_is_marked(filled):
    with closing(pages_ahead(reader(filled), "", 30)) as stream:
        read = list(stream)

    assert [page.last for page in read] == [False] * (len(read) - 1) + [True]
    assert len({record.id for page in read for record in page.records}) == 250


def test_reading_ahead_finds_what_reading_finds(filled):
    with opened(filled) as store, closing(pages_ahead(reader(filled), "", 30)) as stream:
        ahead = [record.id for page in stream for record in page.records]
        assert ahead == [record.id for page in pages(store, "", 30) for record in page.records]


def test_it_goes_on_after_a_cursor(filled):
    with opened(filled) as store:
        first = next(pages(store, "", 30))
    with closing(pages_ahead(reader(filled), first.cursor, 30)) as stream:
        rest = [record.id for page in stream for record in page.records]

    assert len(rest) == 250 - len(first.records)
    assert not set(rest) & {record.id for record in first.records}


def test_partitions_share_the_sessions(filled):
    parts = []
    for index in range(3):
        with closing(pages_ahead(reader(filled), "", 30, Partition(index, 3))) as stream:
            parts.append({record.id for page in stream for record in page.records})

    assert sum(map(len, parts)) == len(set().union(*parts)) == 250


def test_leaving_early_ends_the_thread(filled):
    with closing(pages_ahead(reader(filled), "", 1)) as stream:
        next(stream)

    assert not readers()


def test_what_fails_in_the_thread_is_raised_here():
    nowhere = place({"store": "redis", "host": "127.0.0.1", "port": 1})

    with closing(pages_ahead(reader(nowhere), "", 10)) as stream, pytest.raises(DependencyUnavailable):
        next(stream)

    assert not readers()
