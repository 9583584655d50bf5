"""What a replica does with what the relay and the backfill bring: apply-if-newer (PROTOCOL 7)."""

from dataclasses import replace

import pytest

from migrations_app.stores.routed.base import Adopted, Held, RoutedStore
from migrations_app.stores.sessions.records import UNVERSIONED, Version
from tests.stores.routed.place import (
    FIRST,
    RoutedPlace,
    content_of,
    held_of,
    marks_of,
    same_deadline,
    settle,
    tomb,
)
from tests.stores.sessions.place import HOUR, WORKER

WRITTEN, RAISED, REFUSED = Adopted(1, 0, 0), Adopted(0, 1, 0), Adopted(0, 0, 1)


class ReplicaContract:
    def test_what_is_adopted_is_there_whole_and_unmarked(self, place: RoutedPlace) -> None:
        held = place.held("one", Version(1, 7), ttl_ms=60_000, extra={"user": "42"}, created_at_ms=1_700_000_000_123)
        with place.ready() as store:
            assert store.adopt([held], WORKER) == WRITTEN
            assert store.adopt([], WORKER) == Adopted(0, 0, 0)

            adopted = held_of(store, "one")
            assert (adopted.version, adopted.dead) == (held.version, False)
            assert place.same(adopted.record, held.record)
            assert marks_of(store) == {}
            assert store.legacy_writes() == 0
            assert place.legacy_read("one") is not None
            read = store.read("one", FIRST)
            assert read is not None
            assert read.version == held.version
            assert store.suspects(["one"], WORKER) == 0

    def test_only_what_is_newer_replaces(self, place: RoutedPlace) -> None:
        with place.ready() as store:
            for version, outcome in (
                (Version(7, 5), WRITTEN),
                (Version(6, 9), REFUSED),
                (Version(7, 4), REFUSED),
                (Version(7, 5), REFUSED),
                (Version(7, 6), WRITTEN),
                (Version(8, 0), WRITTEN),
            ):
                assert store.adopt([place.held("one", version, str(version))], WORKER) == outcome

            assert held_of(store, "one").version == Version(8, 0)
            expected = place.record(content=str(Version(8, 0))).canonical_value()
            assert content_of(held_of(store, "one")) == expected

    def test_an_equal_version_raises_the_deadline_alone(self, place: RoutedPlace) -> None:
        soon, near = place.now_ms() // 1000 * 1000 + HOUR, place.sessions.tolerance_ms
        first = place.held("one", Version(7, 5), "held", expires_at_ms=soon)
        with place.ready() as store:
            store.adopt([first], WORKER)
            for deadline, outcome, stored in (
                (soon, REFUSED, soon),
                (soon - 60_000, REFUSED, soon),
                (soon + 60_000, RAISED, soon + 60_000),
                (soon + 60_000, REFUSED, soon + 60_000),
            ):
                again = place.held("one", Version(7, 5), "other", expires_at_ms=deadline)
                assert store.adopt([again], WORKER) == outcome
                after = held_of(store, "one")
                assert content_of(after) == content_of(first)
                assert after.version == first.version
                assert after.record is not None
                assert same_deadline(after.record.expires_at_ms, stored, near)
            assert store.suspects(["one"], WORKER) == 0
            assert marks_of(store) == {}

    def test_tombstones_are_carried_too(self, place: RoutedPlace) -> None:
        with place.ready() as store:
            store.adopt([place.held("one", Version(7, 5))], WORKER)

            assert store.adopt([tomb("one", Version(7, 4))], WORKER) == REFUSED
            assert held_of(store, "one").record is not None
            assert store.adopt([tomb("one", Version(7, 6))], WORKER) == WRITTEN
            assert store.adopt([tomb("one", Version(7, 6))], WORKER) == REFUSED
            dead = held_of(store, "one")
            assert (dead.dead, dead.version, dead.record) == (True, Version(7, 6), None)
            assert place.legacy_read("one") is None
            assert store.adopt([tomb("never", Version(7, 1))], WORKER) == WRITTEN
            assert held_of(store, "never").dead
            assert {each.id for each in store.tombstones("", 10)[0]} == {"one", "never"}
            assert marks_of(store) == {}
            assert store.legacy_writes() == 0

    def test_an_older_record_does_not_rise_from_a_tombstone(self, place: RoutedPlace) -> None:
        """R2, R4, R18: the copy was read before the delete and arrives after it."""
        with place.ready() as store:
            old = place.held("one", Version(7, 5))
            store.adopt([old, tomb("two", Version(7, 9))], WORKER)
            store.adopt([tomb("one", Version(7, 6))], WORKER)

            assert store.adopt([old], WORKER) == REFUSED
            assert store.adopt([place.held("one", Version(7, 6))], WORKER) == REFUSED
            assert store.adopt([place.held("two", UNVERSIONED)], WORKER) == REFUSED
            assert (held_of(store, "one").dead, held_of(store, "two").dead) == (True, True)
            assert store.adopt([place.held("one", Version(7, 7), "second life")], WORKER) == WRITTEN
            assert store.adopt([old], WORKER) == REFUSED
            assert held_of(store, "one").version == Version(7, 7)

    def test_an_older_record_does_not_rise_from_a_clients_delete(self, place: RoutedPlace) -> None:
        """R3 and R18 on the authority: what a late worker brings is older than the client's tombstone."""
        with place.ready() as store:
            written = store.write(place.record(), FIRST)
            store.delete("one", FIRST)

            assert store.adopt([place.held("one", written.version)], WORKER) == REFUSED
            assert store.adopt([place.held("one", UNVERSIONED)], WORKER) == REFUSED
            assert held_of(store, "one").dead
            assert marks_of(store).keys() == {"one"}

    def test_an_older_record_does_not_rise_after_an_expiry(self, place: RoutedPlace) -> None:
        """R6: the shorter deadline came with the newer version."""
        with place.ready() as store:
            store.adopt([place.held("one", Version(7, 6), expires_at_ms=place.now_ms() + 30)], WORKER)
            place.let_pass(60)

            assert held_of(store, "one").record is None
            assert store.adopt([place.held("one", Version(7, 5))], WORKER) == REFUSED
            assert store.adopt([place.held("one", UNVERSIONED)], WORKER) == REFUSED
            assert store.read("one", FIRST) is None
            assert store.adopt([place.held("one", Version(7, 7))], WORKER) == WRITTEN
            assert store.read("one", FIRST) is not None

    def test_a_renewal_after_the_expiry_here_is_taken(self, place: RoutedPlace) -> None:
        """R7: the session expired on the replica before its renewal arrived."""
        with place.ready() as store:
            store.adopt([place.held("one", Version(7, 6), expires_at_ms=place.now_ms() + 30)], WORKER)
            place.let_pass(60)
            renewed = place.held("one", Version(7, 7))

            assert store.adopt([renewed], WORKER) == WRITTEN
            assert place.same(held_of(store, "one").record, renewed.record)

    def test_what_has_expired_is_refused(self, place: RoutedPlace) -> None:
        past = {"expires_at_ms": place.now_ms() - 5_000}
        with place.ready() as store:
            store.adopt([place.held("held", Version(7, 5))], WORKER)

            assert store.adopt([place.held("one", Version(7, 1), **past)], WORKER) == REFUSED
            assert store.adopt([place.held("held", Version(7, 6), **past)], WORKER) == REFUSED
            assert held_of(store, "one").record is None
            assert held_of(store, "held").version == Version(7, 5)

    def test_the_difference_of_clocks_is_added(self, place: RoutedPlace) -> None:
        deadline = place.now_ms() // 1000 * 1000 + HOUR
        late = place.now_ms() - 5_000
        with place.ready() as store:
            ahead = place.held("one", Version(7, 1), expires_at_ms=deadline)
            assert store.adopt([ahead], WORKER, skew_ms=2_500) == WRITTEN
            record = held_of(store, "one").record
            assert record is not None
            assert same_deadline(record.expires_at_ms, deadline + 2_500, place.sessions.tolerance_ms)
            assert store.adopt([ahead], WORKER, skew_ms=2_500) == REFUSED
            behind = place.held("two", Version(7, 1), expires_at_ms=late)
            assert store.adopt([behind], WORKER, skew_ms=-1_000) == REFUSED
            assert store.adopt([behind], WORKER, skew_ms=60_000) == WRITTEN
            never = place.held("never", Version(7, 1))
            assert store.adopt([never, tomb("dead", Version(7, 1))], WORKER, skew_ms=-1_000) == Adopted(2, 0, 0)

    def test_unversioned_records_take_empty_places_alone(self, place: RoutedPlace) -> None:
        first = place.held("one", UNVERSIONED, "first")
        with place.ready() as store:
            store.write(place.record("client"), FIRST)
            settle(store)

            assert store.adopt([first], WORKER) == WRITTEN
            assert store.adopt([first], WORKER) == REFUSED
            assert store.adopt([place.held("one", UNVERSIONED, "other")], WORKER) == REFUSED
            assert store.adopt([place.held("client", UNVERSIONED, "other")], WORKER) == REFUSED
            assert held_of(store, "one").version == UNVERSIONED
            assert content_of(held_of(store, "one")) == content_of(first)
            assert store.adopt([place.held("one", Version(1, 1), "newer")], WORKER) == WRITTEN
            assert store.adopt([first], WORKER) == REFUSED
            assert held_of(store, "one").version == Version(1, 1)

    def test_what_holds_nothing_does_nothing(self, place: RoutedPlace) -> None:
        with place.ready() as store:
            store.adopt([place.held("one", Version(7, 1))], WORKER)
            before = held_of(store, "one")
            nothing = [Held("one", Version(9, 9), False, None), Held("two", Version(9, 9), False, None)]
            outcome = store.adopt(nothing, WORKER)

            assert (outcome.written, outcome.raised) == (0, 0)
            assert held_of(store, "one") == before
            assert held_of(store, "two").version == UNVERSIONED

    def test_a_batch_is_counted_record_by_record(self, place: RoutedPlace) -> None:
        soon = place.now_ms() // 1000 * 1000 + HOUR
        base = [place.held(f"id{n}", Version(7, 5), expires_at_ms=soon) for n in range(300)]
        raised = [place.held(f"id{n}", Version(7, 5), expires_at_ms=soon + 5_000) for n in range(100)]
        newer = [place.held(f"id{n}", Version(7, 6), "newer") for n in range(100, 190)]
        with place.ready() as store:
            assert store.adopt(base, WORKER) == Adopted(300, 0, 0)
            batch = [*raised, *newer, *(tomb(f"id{n}", Version(7, 6)) for n in range(190, 200)), *base[200:]]

            assert store.adopt(batch, WORKER) == Adopted(100, 100, 100)
            assert store.adopt(batch, WORKER) == Adopted(0, 0, 300)
            assert store.sessions.count() == 290
            assert marks_of(store) == {}

    def test_a_client_goes_on_above_what_was_adopted(self, place: RoutedPlace) -> None:
        with place.ready() as store:
            store.adopt([place.held("one", Version(1, 1_000_000)), tomb("two", Version(1, 1_000_000))], WORKER)

            assert store.write(place.record("one"), FIRST).version > Version(1, 1_000_000)
            assert store.write(place.record("two"), FIRST).version > Version(1, 1_000_000)
            assert store.touch("one", FIRST, HOUR).version > Version(1, 1_000_000)

    def test_a_client_may_expect_the_version_that_was_adopted(self, place: RoutedPlace) -> None:
        with place.ready() as store:
            store.adopt([place.held("one", Version(1, 9))], WORKER)
            written = store.write(place.record(content=2), FIRST, expected=Version(1, 9))

            assert written.version > Version(1, 9)

    @pytest.mark.parametrize("back", [False, True])
    def test_a_whole_life_travels_by_marks(self, place: RoutedPlace, back: bool) -> None:
        """The relay's loop, store to itself under other ids: what the authority tells, the replica can hold."""
        with place.ready() as store:
            store.write(place.record("a1", "kept"), FIRST)
            store.write(place.record("a2"), FIRST)
            if back:
                store.touch("a1", FIRST, HOUR)
            store.delete("a2", FIRST)
            carried = _carry(store)

            assert store.adopt(carried, WORKER).written == 2
            (one, two) = store.fetch(["b1", "b2"])
            assert two.dead
            assert place.same(one.record, carried[0].record)


def _carry(store: RoutedStore) -> list[Held]:
    found = sorted(store.fetch(sorted(marks_of(store))), key=lambda held: held.id)
    renamed = []
    for held in found:
        name = held.id.replace("a", "b")
        renamed.append(replace(held, id=name, record=replace(held.record, id=name) if held.record else None))
    return renamed
