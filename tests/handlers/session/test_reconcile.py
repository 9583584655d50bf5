from contextlib import contextmanager
from dataclasses import replace

import pytest

from migrations_app.handlers.session.reconcile import DELETING, Position, Reconciliation
from migrations_app.handlers.session.sides import reader, reading
from migrations_app.stores.sessions.records import Version
from tests.handlers.session.moves import HOUR_MS, SEEDER, content, fill, opened, sessions


@contextmanager
def reconciliation(origin, replica, batch_size=50):
    with reading(origin) as origin_store, opened(replica) as replica_store:
        yield Reconciliation(reader(origin), origin_store, replica_store, SEEDER, batch_size, tolerance_ms=1000)


def level(origin, replica, seq=1, position=None, tick=lambda _position: None):
    with reconciliation(origin, replica) as work:
        return work.run(Version(7, seq), position or Position(), tick)


@pytest.fixture
def pair(redis_place):
    origin, replica = redis_place(), redis_place()
    fill(origin, sessions(180))
    fill(replica, [])
    return origin, replica


def test_an_empty_replica_gets_everything(pair):
    origin, replica = pair

    done = level(origin, replica)

    assert (done.applied, done.deleted) == (180, 0)
    assert content(replica) == content(origin)


def test_a_second_pass_finds_nothing_to_do(pair):
    level(*pair)

    assert level(*pair, seq=2).changed == 0


def test_changed_ended_and_new_sessions_are_brought_over(pair):
    origin, replica = pair
    level(origin, replica)
    with opened(origin) as store:
        first, second, third = store.read(["s-0000001", "s-0000002", "s-0000003"])
        changed = replace(first, value=b"new value")
        shortened = replace(second, expires_at_ms=second.expires_at_ms - HOUR_MS // 2)
        store.apply([changed, shortened, replace(third, id="s-new")], SEEDER)
        store.delete(["s-0000004"], SEEDER)

    done = level(origin, replica, seq=2)

    assert (done.applied, done.deleted) == (3, 1)
    assert content(replica) == content(origin)


def test_the_same_pass_again_still_replaces_what_changed_since(pair):
    origin, replica = pair
    level(origin, replica)
    with opened(origin) as store:
        (first,) = store.read(["s-0000001"])
        store.apply([replace(first, value=b"changed after the crash")], SEEDER)

    level(origin, replica)  # the same version as before: a driver that resumed

    assert content(replica) == content(origin)


def test_what_only_the_replica_holds_is_deleted(pair):
    origin, replica = pair
    fill(replica, sessions(30, prefix="stray"))

    assert level(origin, replica).deleted == 30
    assert content(replica) == content(origin)


def test_a_pass_goes_on_from_any_position_that_it_told(pair):
    origin, replica = pair
    fill(replica, sessions(120, prefix="stray"))
    told = []
    with reconciliation(origin, replica) as work:
        work.run(Version(7, 1), Position(), told.append)

    assert {position.half for position in told} == {"applying", DELETING}
    for position in told:
        level(origin, replica, position=Position.from_dict(position.as_dict()))
        assert content(replica) == content(origin)


def test_an_empty_origin_empties_the_replica(redis_place, sqlite_place):
    origin, replica = redis_place(), sqlite_place()
    fill(replica, sessions(10))

    assert level(origin, replica).deleted == 10
    assert content(replica) == {}
