from dataclasses import replace

import pytest

from migrations_app.routing.changing import Changing
from migrations_app.stores.routed.base import WriteOutcome
from migrations_app.stores.sessions.records import SessionRecord
from tests.routing.children import in_a_child
from tests.routing.routed_world import RoutedWorld, guard

FOUND = SessionRecord("id", b"1")


@pytest.fixture
def world():
    return RoutedWorld()


def write(world, found, guard=None):
    return Changing().write(world.store("a"), guard, replace(found, value=b"mine"), found).outcome


def test_what_was_read_is_replaced(world):
    world.store("a").write(FOUND, None)

    assert write(world, FOUND) is WriteOutcome.WRITTEN
    assert world.holds("a", "id") == b"mine"


def test_without_versions_the_value_and_the_deadline_are_compared(world):
    world.store("a").write(replace(FOUND, value=b"theirs"), None)
    assert write(world, FOUND) is WriteOutcome.CHANGED
    assert write(world, replace(FOUND, value=b"theirs", expires_at_ms=5)) is WriteOutcome.CHANGED

    world.store("a").delete("id", None)
    assert write(world, FOUND) is WriteOutcome.MISSING
    assert world.holds("a", "id") is None


def test_with_a_guard_the_version_is(world):
    world.join()
    mine = guard(world.record)
    world.store("a").write(FOUND, mine)
    found = world.store("a").read("id", mine)

    assert write(world, found, mine) is WriteOutcome.WRITTEN
    assert write(world, found, mine) is WriteOutcome.CHANGED


def test_what_was_read_under_a_guard_is_replaced_by_a_plain_write_too(world):
    """The route was left, or rolled back, between the two: the version is of no use any more."""
    world.join()
    world.store("a").write(FOUND, guard(world.record))
    found = world.store("a").read("id", guard(world.record))

    assert write(world, found) is WriteOutcome.WRITTEN


def test_what_was_read_without_a_version_is_compared_again_under_a_guard(world):
    """The route went to its first guarded phase between the two, and another thread wrote before that."""
    world.store("a").write(replace(FOUND, value=b"theirs"), None)
    world.join()
    mine = guard(world.record)

    assert write(world, FOUND, mine) is WriteOutcome.CHANGED
    assert write(world, replace(FOUND, value=b"theirs"), mine) is WriteOutcome.WRITTEN
    assert write(world, replace(FOUND, value=b"mine"), mine) is WriteOutcome.CHANGED


def test_a_child_does_not_wait_for_locks_of_its_parents_threads():
    changing = Changing()
    with changing._locks[0]:
        assert in_a_child(lambda: changing._locks[0].acquire(timeout=5))
