import json
import time

import pytest

from migrations_app.engine.errors import DependencyUnavailable
from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.routing.admission import LOOK_SECONDS, Admission
from migrations_app.routing.errors import LeaseExpired
from migrations_app.routing.leases import LEASE_SECONDS
from migrations_app.routing.patience import Patience
from migrations_app.routing.record import to_document
from migrations_app.routing.sources import RouteSource
from migrations_app.routing.ways import way_of
from migrations_app.stores.routed.base import Fenced
from tests.routing.routed_world import RoutedWorld, soon


class Source(RouteSource):
    """A control plane that answers with `answer`, or is silent."""

    lease_ends = 0.0
    asked = 0
    answer = None

    def refresh(self):
        self.asked += 1
        if self.answer is not None:
            self.offer(self.answer)
        return self.answer is not None


@pytest.fixture
def world():
    return RoutedWorld()


@pytest.fixture
def source(world):
    source = Source("web")
    source.offer(world.record)
    return source


def begins(source, store, *, writes=True, fail_closed=False):
    record = source.current()
    way = way_of(record.at(0), fenced=record.fenced)
    return Admission(source, fail_closed=fail_closed).may_begin(record, way, store, writes=writes)


def test_reads_begin_in_a_hand_off_and_writes_do_not(world, source):
    world.join()
    source.offer(world.publish(RoutePhase.HANDOFF, "a"))

    assert begins(source, world.store("a"), writes=False)
    assert not begins(source, world.store("a"))


def test_under_a_guard_an_expired_lease_is_the_stores_business(world, source):
    source.offer(world.publish(RoutePhase.DUAL_A, "a"))

    assert begins(source, world.store("a"))
    with pytest.raises(LeaseExpired):
        begins(source, world.store("a"), fail_closed=True)


def test_without_a_lease_and_a_guard_the_store_is_looked_at_once_in_a_while(world, source):
    admission = Admission(source, fail_closed=False)
    record, store = source.current(), world.store("a")
    way = way_of(record.at(0), fenced=False)
    assert admission.may_begin(record, way, store, writes=True)
    world.join()

    ends = time.monotonic() + 10
    while admission.may_begin(record, way, store, writes=True):
        assert time.monotonic() < ends
    assert source.current() == world.record


def test_without_a_lease_one_whose_store_mirrors_nothing_asks_whether_it_has_been_left(world, source):
    """Frozen in PLAIN_A, awake in RETIRED: neither a fence nor a mirror of the old store tells."""
    source.answer = world.publish(RoutePhase.RETIRED, "b")

    assert not begins(source, world.store("a"))
    assert source.asked == 1


def test_a_control_plane_that_is_silent_is_not_asked_each_time(world, source, monkeypatch):
    admission = Admission(source, fail_closed=False)
    record, store, seconds = source.current(), world.store("a"), 100.0
    monkeypatch.setattr("migrations_app.routing.admission.monotonic", lambda: seconds)

    def asked():
        before = source.asked
        assert admission.may_begin(record, way_of(record.at(0), fenced=False), store, writes=True)
        return source.asked - before

    assert [asked(), asked()] == [1, 0]
    seconds += LOOK_SECONDS
    assert asked() == 0
    seconds += LEASE_SECONDS
    source.answer = record
    assert [asked(), asked()] == [1, 0]
    seconds += LOOK_SECONDS
    assert asked() == 1


def test_a_mirror_that_cannot_be_read_stops_nobody(world, source):
    class Broken(type(world.store("a"))):
        def mirrored(self):
            raise DependencyUnavailable

    assert begins(source, Broken(world.places["a"]))


def test_a_refusals_record_is_taken_and_else_the_control_plane_is_asked(world, source):
    record = source.current()
    newer = world.publish(RoutePhase.JOURNAL_A, "a")
    admission, way = Admission(source, fail_closed=False), way_of(record.at(0), fenced=True)

    admission.wait(record, way, world.store("a"), Fenced(2, ""), Patience(10))
    assert source.asked == 1
    admission.wait(record, way, world.store("a"), Fenced(2, json.dumps(to_document(newer))), Patience(10))
    assert (source.asked, source.current()) == (1, newer)


def test_without_fences_a_wait_ends_at_the_hand_offs_deadline(world, source):
    record = world.publish(RoutePhase.HANDOFF, "a", fenced=False, handoff_deadline=soon(milliseconds=50))
    source.offer(record)
    patience = Patience(60)
    admission = Admission(source, fail_closed=False)
    admission.wait(record, way_of(record.at(0), fenced=False), world.store("a"), None, patience)

    assert patience.left > 0
    assert soon() >= record.handoff_deadline
