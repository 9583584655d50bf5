"""What the relay may rely on: versions that only grow, one mark for each changed session, tokens, tombstones."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from migrations_app.stores.routed.base import ALL_BUCKETS, Guard, Mark, RoutedStore, WriteOutcome, bucket_of
from migrations_app.stores.sessions.records import UNVERSIONED, Version
from tests.stores.routed.place import (
    FIRST,
    RoutedPlace,
    altered,
    content_of,
    held_of,
    marks_of,
    of_another_bucket,
    settle,
)
from tests.stores.sessions.place import WORKER

MINUTE = 60_000


class JournalContract:
    def test_every_change_is_marked_once(self, place: RoutedPlace) -> None:
        with place.ready() as store:
            store.write(place.record("one"), FIRST)
            store.touch("one", FIRST, MINUTE)
            last = store.write(place.record("one", 2), FIRST)
            store.write(place.record("gone"), FIRST)
            store.delete("gone", FIRST)
            store.delete("never", FIRST)
            marks = marks_of(store)

            assert marks.keys() == {"one", "gone", "never"}
            assert marks["one"].version == last.version
            for name, mark in marks.items():
                assert (mark.bucket, mark.version) == (bucket_of(name), held_of(store, name).version)
            assert store.journal(ALL_BUCKETS).depth == 3
            assert store.marked(["one", "never", "none"]) == {"one", "never"}
            assert store.marked([]) == set()
            settle(store)
            assert store.marked(["one"]) == set()

    def test_what_does_not_take_effect_is_not_marked(self, place: RoutedPlace) -> None:
        with place.ready() as store:
            store.write(place.record("one"), FIRST, expected=Version(1, 1))
            store.touch("one", FIRST, MINUTE)
            store.read("one", FIRST)

            assert marks_of(store) == {}

    def test_without_a_replica_nothing_is_marked(self, place: RoutedPlace) -> None:
        alone = Guard(1, journaled=False)
        with place.ready() as store:
            first = store.write(place.record("one"), alone)
            touched = store.touch("one", alone, MINUTE)
            store.delete("two", alone)

            assert UNVERSIONED < first.version < touched.version
            assert held_of(store, "two").dead
            assert marks_of(store) == {}
            assert store.journal(ALL_BUCKETS).depth == 0

    def test_marks_are_of_their_buckets_and_at_most_the_limit(self, place: RoutedPlace) -> None:
        names = ["one", of_another_bucket("one")]
        with place.ready() as store:
            for name in names:
                store.write(place.record(name), FIRST)

            for name in names:
                assert [mark.id for mark in store.marks([bucket_of(name)], 10)] == [name]
                assert store.journal([bucket_of(name)]).depth == 1
            assert len(store.marks(ALL_BUCKETS, 1)) == 1
            assert store.marks([], 10) == []
            assert store.journal([]).depth == 0

    def test_an_acknowledgement_takes_the_mark_of_its_version_alone(self, place: RoutedPlace) -> None:
        with place.ready() as store:
            store.write(place.record("one"), FIRST)
            store.write(place.record("two"), FIRST)
            seen = [*marks_of(store).values()]
            again = store.write(place.record("one", 2), FIRST)  # re-dirtied between read and acknowledgement: R14

            assert store.acknowledge(seen, WORKER) == 1
            marks = marks_of(store)
            assert {name: mark.version for name, mark in marks.items()} == {"one": again.version}
            assert store.acknowledge(seen, WORKER) == 0
            assert store.acknowledge([*marks.values()], WORKER) == 1
            assert marks_of(store) == {}
            assert held_of(store, "one").version == again.version
            assert store.acknowledge([Mark("never", bucket_of("never"), Version(1, 1), 0)], WORKER) == 0
            assert store.acknowledge([], WORKER) == 0

    def test_a_write_that_is_not_journaled_keeps_an_open_mark(self, place: RoutedPlace) -> None:
        with place.ready() as store:
            store.write(place.record("one"), FIRST)
            seen = [*marks_of(store).values()]
            after = store.write(place.record("one", 2), Guard(1, journaled=False))

            assert store.acknowledge(seen, WORKER) == 0
            assert marks_of(store)["one"].version == after.version

    def test_the_age_counts_from_the_first_mark(self, place: RoutedPlace) -> None:
        with place.ready() as store:
            assert (store.journal(ALL_BUCKETS).depth, store.journal(ALL_BUCKETS).oldest_ms) == (0, 0)
            before = place.now_ms()
            store.write(place.record("one"), FIRST)
            since = marks_of(store)["one"].since_ms
            assert before - 1 <= since <= place.now_ms() + 1
            assert abs(store.now_ms() - place.now_ms()) < 1_000
            place.let_pass(30)
            store.write(place.record("one", 2), FIRST)
            store.write(place.record(of_another_bucket("one")), FIRST)

            assert marks_of(store)["one"].since_ms == since
            assert store.marks(ALL_BUCKETS, 1)[0].id == "one"
            assert 30 <= store.journal(ALL_BUCKETS).oldest_ms < MINUTE
            settle(store)
            assert store.journal(ALL_BUCKETS).oldest_ms == 0

    def test_versions_strictly_increase_through_every_life_of_an_id(self, place: RoutedPlace) -> None:
        with place.ready() as store:
            seen = [store.write(place.record(), FIRST).version]
            seen.append(store.touch("one", FIRST, MINUTE).version)
            seen.append(store.write(place.record(), Guard(2, journaled=True)).version)
            seen.append(store.write(place.record(), FIRST).version)  # R8: a client one epoch behind, fence not yet up
            store.delete("one", FIRST)
            seen.append(held_of(store, "one").version)
            store.delete("one", FIRST)
            seen.append(held_of(store, "one").version)
            seen.append(store.write(place.record(), FIRST).version)
            store.delete("one", Guard(3, journaled=True))
            seen.append(held_of(store, "one").version)
            settle(store)
            assert store.forget(store.tombstones("", 10)[0], WORKER) == 1
            assert held_of(store, "one").version == UNVERSIONED
            seen.append(store.write(place.record(), FIRST).version)  # a replica may hold the forgotten one still

            assert sorted(set(seen)) == seen
            assert store.highest_seqs()[bucket_of("one")] >= seen[-1].seq

    def test_highest_seqs_grow_with_every_version(self, place: RoutedPlace) -> None:
        bucket = bucket_of("one")
        with place.ready() as store:
            before = store.highest_seqs()
            assert len(before) == len(ALL_BUCKETS)
            written = store.write(place.record(), FIRST)

            assert store.highest_seqs()[bucket] >= written.version.seq > before[bucket]

    def test_two_writers_of_one_id_never_share_a_version(self, place: RoutedPlace) -> None:
        rounds = 40
        with place.ready() as store:

            def write(name: str) -> list[Version]:
                with place.open() as mine:
                    records = [place.record("one", f"{name}{number}") for number in range(rounds)]
                    return [mine.write(record, FIRST).version for record in records]

            with ThreadPoolExecutor(2) as pool:
                seen = [version for versions in pool.map(write, "ab") for version in versions]

            assert len(set(seen)) == 2 * rounds
            assert held_of(store, "one").version == max(seen) == marks_of(store)["one"].version

    def test_of_two_writers_that_expect_one_version_one_wins(self, place: RoutedPlace) -> None:
        with place.ready() as store, place.open() as other:
            first = store.write(place.record(), FIRST).version
            outcomes = [each.write(place.record(content=2), FIRST, expected=first) for each in (store, other)]

            assert [written.outcome for written in outcomes] == [WriteOutcome.WRITTEN, WriteOutcome.CHANGED]
            assert outcomes[1].version == outcomes[0].version

    def test_tombstones_are_paged(self, place: RoutedPlace) -> None:
        names = [f"gone{number}" for number in range(7)]
        with place.ready() as store:
            store.write(place.record("alive"), FIRST)
            before = place.now_ms()
            for name in names:
                store.write(place.record(name), FIRST)
                store.delete(name, FIRST)
            found, cursor = [], ""
            while True:
                page, cursor = store.tombstones(cursor, 3)
                found += page
                assert cursor == "" or page
                if not cursor:
                    break

            assert sorted(dead.id for dead in found) == names
            for dead in found:
                assert dead.version == held_of(store, dead.id).version
                assert before - 1 <= dead.since_ms <= place.now_ms() + 1

    def test_forgetting_takes_the_tombstone_of_its_version_alone(self, place: RoutedPlace) -> None:
        with place.ready() as store:
            for name in ("again", "twice", "once"):
                store.delete(name, FIRST)
            dead, _ = store.tombstones("", 10)
            recreated = store.write(place.record("again"), FIRST)
            store.delete("twice", FIRST)
            settle(store)

            assert store.forget(dead, WORKER) == 1
            assert store.forget(dead, WORKER) == 0
            assert store.forget([], WORKER) == 0
            assert held_of(store, "again").version == recreated.version
            assert held_of(store, "twice").dead
            assert (held_of(store, "once").dead, held_of(store, "once").version) == (False, UNVERSIONED)
            assert [each.id for each in store.tombstones("", 10)[0]] == ["twice"]

    def test_a_tombstone_that_is_still_marked_stays(self, place: RoutedPlace) -> None:
        """The other store has not heard of it."""
        with place.ready() as store:
            store.delete("one", FIRST)
            dead, _ = store.tombstones("", 10)

            assert store.forget(dead, WORKER) == 0
            assert held_of(store, "one").dead
            assert store.tombstones("", 10) == (dead, "")
            settle(store)
            assert store.forget(dead, WORKER) == 1

    def test_fetch_tells_all_that_is_known(self, place: RoutedPlace) -> None:
        with place.ready() as store:
            alive = store.write(place.record("alive"), FIRST)
            store.write(place.record("gone"), FIRST)
            store.delete("gone", FIRST)
            expired = store.write(place.record("expired"), FIRST, lifetime_ms=20)
            place.legacy_write("legacy", place.value("old"), place.now_ms() + MINUTE)
            place.let_pass(40)
            live, dead, past, never, again = store.fetch(["alive", "gone", "expired", "never", "alive"])

            assert (live.id, live.dead, live.version) == ("alive", False, alive.version)
            assert place.same(live.record, place.record("alive"))
            assert live.record is not None
            assert live.record.version == live.version
            assert again == live
            assert (dead.id, dead.dead, dead.record) == ("gone", True, None)
            assert dead.version > alive.version or bucket_of("gone") != bucket_of("alive")
            assert (past.id, past.dead, past.record) == ("expired", False, None)
            assert past.version in (expired.version, UNVERSIONED)
            assert (never.id, never.dead, never.record, never.version) == ("never", False, None, UNVERSIONED)
            assert content_of(held_of(store, "legacy")) == place.record("legacy", "old").canonical_value()
            assert store.fetch([]) == []

    def test_a_remint_gives_a_new_version_and_a_mark(self, place: RoutedPlace) -> None:
        with place.ready() as store:
            store.write(place.record(), FIRST)
            settle(store)
            held = held_of(store, "one")
            version = store.remint(held, WORKER, 2)

            assert version is not None
            assert version > held.version
            after = held_of(store, "one")
            assert after.version == version == marks_of(store)["one"].version
            assert place.same(after.record, held.record)
            assert after.record is not None
            assert place.legacy_read("one") is not None

    def test_a_remint_compares_version_and_value(self, place: RoutedPlace) -> None:
        with place.ready() as store:
            store.write(place.record(), FIRST)
            held = held_of(store, "one")
            now = store.write(place.record(), FIRST)
            settle(store)
            dead = replace(held, dead=True, record=None)
            for other in (held, altered(held_of(store, "one"), place.value("x")), dead, replace(dead, dead=False)):
                assert store.remint(other, WORKER, 2) is None

            assert held_of(store, "one").version == now.version
            assert marks_of(store) == {}

    def test_a_remint_of_nothing_is_a_tombstone(self, place: RoutedPlace) -> None:
        with place.ready() as store:
            nothing = held_of(store, "extra")
            version = store.remint(nothing, WORKER, 2)
            tombstone = held_of(store, "extra")
            again = store.remint(tombstone, WORKER, 2)

            assert version is not None
            assert again is not None
            assert (tombstone.dead, tombstone.version) == (True, version)
            assert again > version
            assert held_of(store, "extra").dead
            assert marks_of(store)["extra"].version == again
            assert store.remint(nothing, WORKER, 2) is None

    def test_writes_without_a_guard_are_found(self, place: RoutedPlace) -> None:
        names = ["written", "deleted", "left", "plain"]
        with place.ready() as store, place.open() as client:
            before = {name: client.write(place.record(name), FIRST).version for name in names}
            settle(store)
            store.suspects(names, WORKER)
            assert store.legacy_writes() == 0
            assert marks_of(store) == {}

            place.legacy_write("written", place.value("legacy"), place.now_ms() + MINUTE)
            place.legacy_delete("deleted")
            client.write(place.record("plain", "plain"), None)
            _look(store, names)

            assert store.legacy_writes() == 3
            assert marks_of(store).keys() == {"written", "deleted", "plain"}
            for name, mark in marks_of(store).items():
                assert (mark.bucket, mark.version) == (bucket_of(name), held_of(store, name).version)
                assert mark.version > before[name]
            assert content_of(held_of(store, "written")) == place.record("written", "legacy").canonical_value()
            assert held_of(store, "deleted").dead
            assert held_of(store, "left").version == before["left"]
            settle(store)
            _look(store, names)
            assert store.legacy_writes() == 3
            assert marks_of(store) == {}

    def test_a_store_that_sees_every_write_says_so(self, place: RoutedPlace) -> None:
        with place.ready() as store:
            store.changed_ids()

            assert store.watches()

    @pytest.mark.parametrize("calls", [1, 3])
    def test_a_guarded_write_over_a_legacy_one_is_found_no_more(self, place: RoutedPlace, calls: int) -> None:
        with place.ready() as store:
            store.write(place.record(), FIRST)
            for number in range(calls):
                place.legacy_write("one", place.value(number), place.now_ms() + MINUTE)
            written = store.write(place.record(content="after"), FIRST)
            counted = store.legacy_writes()
            _look(store, ["one"])

            assert store.legacy_writes() == counted
            assert held_of(store, "one").version == written.version


def _look(store: RoutedStore, ids: list[str]) -> None:
    """Redis compares values with the checksums beside them only when told to; SQL stores have seen all by then."""
    store.suspects(ids, WORKER)
