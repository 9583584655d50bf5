"""What clients may rely on: read, write, touch, delete, under a guard and plain."""

import pytest

from migrations_app.stores.routed.base import Condition, Guard, WriteOutcome
from migrations_app.stores.sessions.records import UNVERSIONED, Version
from tests.stores.routed.place import FIRST, RoutedPlace, held_of, same_deadline
from tests.stores.sessions.place import HOUR, WORKER

MINUTE = 60_000


class ClientContract:
    @pytest.mark.parametrize("guard", [FIRST, None])
    def test_what_is_written_is_read(self, place: RoutedPlace, guard: Guard | None) -> None:
        record = place.record(ttl_ms=MINUTE)
        with place.ready() as store:
            written = store.write(record, guard)
            read = store.read("one", guard)

            assert written.outcome is WriteOutcome.WRITTEN
            assert same_deadline(written.expires_at_ms, record.expires_at_ms, place.sessions.tolerance_ms)
            assert read is not None
            assert place.same(read, record)
            assert read.version == written.version
            assert (written.version == UNVERSIONED) == (guard is None)
            assert place.legacy_read("one") is not None
            assert store.read("none", guard) is None

    @pytest.mark.parametrize("before", [FIRST, None])
    @pytest.mark.parametrize("guard", [FIRST, None])
    def test_a_write_replaces_every_part(self, place: RoutedPlace, before: Guard | None, guard: Guard | None) -> None:
        after = place.record(content="after", expires_at_ms=place.now_ms() // 1000 * 1000 + MINUTE)
        with place.ready() as store:
            first = store.write(place.record(content="before", ttl_ms=HOUR, extra={"a": 1}), before)
            second = store.write(after, guard)

            assert (second.version > first.version) == (guard is not None)
            assert place.same(store.read("one", guard), after)
            touched = store.touch("one", guard)  # no length is left by which a touch would move the fixed deadline
            assert same_deadline(touched.expires_at_ms, after.expires_at_ms, place.sessions.tolerance_ms)

    def test_the_version_of_the_record_given_is_ignored(self, place: RoutedPlace) -> None:
        with place.ready() as store:
            written = store.write(place.record(version=Version(90, 90)), FIRST)

            assert written.version.epoch == FIRST.epoch
            assert held_of(store, "one").version == written.version

    @pytest.mark.parametrize("guard", [FIRST, None])
    def test_a_lifetime_counts_from_the_clock_of_the_store(self, place: RoutedPlace, guard: Guard | None) -> None:
        with place.ready() as store:
            before = place.now_ms()
            written = store.write(place.record(), guard, lifetime_ms=MINUTE)
            after = place.now_ms()
            read = store.read("one", guard)

            assert read is not None
            assert read.expires_at_ms is not None
            near = place.sessions.tolerance_ms
            assert before + MINUTE - near <= read.expires_at_ms <= after + MINUTE + near
            assert same_deadline(written.expires_at_ms, read.expires_at_ms, near)

    @pytest.mark.parametrize("guard", [FIRST, None])
    def test_expired_sessions_are_not_there(self, place: RoutedPlace, guard: Guard | None) -> None:
        with place.ready() as store:
            store.write(place.record(), guard, lifetime_ms=20)
            place.let_pass(40)

            assert store.read("one", guard) is None
            assert store.touch("one", guard, MINUTE).outcome is WriteOutcome.MISSING
            assert store.write(place.record(), guard, condition=Condition.PRESENT).outcome is WriteOutcome.MISSING
            assert store.delete("one", guard) is False
            store.write(place.record("two"), guard, lifetime_ms=20)
            place.let_pass(40)
            assert store.write(place.record("two"), guard, condition=Condition.ABSENT).outcome is WriteOutcome.WRITTEN
            assert store.read("two", guard) is not None

    @pytest.mark.parametrize("guard", [FIRST, None])
    def test_conditions(self, place: RoutedPlace, guard: Guard | None) -> None:
        first, second = place.record(content="first"), place.record(content="second")
        with place.ready() as store:
            missing = store.write(first, guard, condition=Condition.PRESENT)
            assert (missing.outcome, missing.version, missing.expires_at_ms) == (
                WriteOutcome.MISSING,
                UNVERSIONED,
                None,
            )
            assert store.read("one", guard) is None

            created = store.write(first, guard, condition=Condition.ABSENT)
            exists = store.write(second, guard, condition=Condition.ABSENT)
            assert (created.outcome, exists.outcome) == (WriteOutcome.WRITTEN, WriteOutcome.EXISTS)
            if guard:
                assert exists.version == created.version
            assert same_deadline(exists.expires_at_ms, created.expires_at_ms, place.sessions.tolerance_ms)
            assert place.same(store.read("one", guard), first)

            assert store.write(second, guard, condition=Condition.PRESENT).outcome is WriteOutcome.WRITTEN
            assert place.same(store.read("one", guard), second)

    def test_an_expected_version_is_compared_and_set(self, place: RoutedPlace) -> None:
        with place.ready() as store:
            nothing = store.write(place.record(), FIRST, expected=Version(1, 1))
            first = store.write(place.record(content=1), FIRST)
            second = store.write(place.record(content=2), FIRST, expected=first.version)
            third = store.write(place.record(content=3), FIRST, expected=first.version)

            assert (nothing.outcome, nothing.version) == (WriteOutcome.MISSING, UNVERSIONED)
            assert second.outcome is WriteOutcome.WRITTEN
            assert (third.outcome, third.version) == (WriteOutcome.CHANGED, second.version)
            assert place.same(store.read("one", FIRST), place.record(content=2))

            store.delete("one", FIRST)
            dead = store.write(place.record(content=4), FIRST, expected=second.version)
            assert (dead.outcome, dead.version, dead.expires_at_ms) == (WriteOutcome.MISSING, UNVERSIONED, None)
            assert store.read("one", FIRST) is None

    def test_a_session_from_before_the_route_is_expected_as_unversioned(self, place: RoutedPlace) -> None:
        with place.open() as store:
            store.sessions.initialise(WORKER)
            place.legacy_write("one", place.value("old"), place.now_ms() + MINUTE)
        with place.ready() as store:
            read = store.read("one", FIRST)
            assert read is not None
            assert read.version == UNVERSIONED
            assert store.write(place.record(), FIRST, expected=Version(1, 1)).outcome is WriteOutcome.CHANGED
            assert store.write(place.record(), FIRST, expected=UNVERSIONED).outcome is WriteOutcome.WRITTEN

    def test_an_expectation_of_a_plain_write_is_compared_with_unversioned(self, place: RoutedPlace) -> None:
        with place.ready() as store:
            store.write(place.record(content=1), None)
            read = store.read("one", None)
            assert read is not None
            assert read.version == UNVERSIONED

            changed = store.write(place.record(content=2), None, expected=Version(1, 1))
            written = store.write(place.record(content=3), None, expected=read.version)
            assert (changed.outcome, written.outcome) == (WriteOutcome.CHANGED, WriteOutcome.WRITTEN)
            assert store.write(place.record("x"), None, expected=UNVERSIONED).outcome is WriteOutcome.MISSING

    def test_a_plain_client_sees_no_versions(self, place: RoutedPlace) -> None:
        with place.ready() as store:
            there = store.write(place.record(content=1), FIRST)
            read = store.read("one", None)
            assert read is not None
            assert read.version == UNVERSIONED

            exists = store.write(place.record(content=2), None, condition=Condition.ABSENT)
            changed = store.write(place.record(content=2), None, expected=there.version)
            assert (exists.outcome, exists.version) == (WriteOutcome.EXISTS, UNVERSIONED)
            assert (changed.outcome, changed.version) == (WriteOutcome.CHANGED, UNVERSIONED)
            written = store.write(place.record(content=3), None, expected=read.version)
            assert written.outcome is WriteOutcome.WRITTEN
            assert place.same(store.read("one", None), place.record(content=3))

    @pytest.mark.parametrize("guard", [FIRST, None])
    def test_a_touch_moves_the_deadline_alone(self, place: RoutedPlace, guard: Guard | None) -> None:
        record = place.record(ttl_ms=MINUTE)
        with place.ready() as store:
            first = store.write(record, guard)
            assert store.touch("none", guard, MINUTE).outcome is WriteOutcome.MISSING

            for lifetime, length in ((None, MINUTE), (2 * MINUTE, 2 * MINUTE)):
                before = place.now_ms()
                touched = store.touch("one", guard, lifetime)
                after = place.now_ms()
                read = store.read("one", guard)

                assert read is not None
                assert read.expires_at_ms is not None
                near = place.sessions.tolerance_ms
                assert before + length - near <= read.expires_at_ms <= after + length + near
                assert same_deadline(touched.expires_at_ms, read.expires_at_ms, near)
                assert read.content_hash() == record.content_hash()
                assert touched.outcome is WriteOutcome.WRITTEN
                assert read.version == touched.version
                assert (touched.version > first.version) == (guard is not None)

    def test_a_touch_without_any_length_leaves_the_deadline(self, place: RoutedPlace) -> None:
        with place.ready() as store:
            first = store.write(place.record(), FIRST)
            touched = store.touch("one", FIRST)

            assert touched.outcome is WriteOutcome.WRITTEN
            assert touched.version > first.version
            assert same_deadline(touched.expires_at_ms, first.expires_at_ms, place.sessions.tolerance_ms)

    @pytest.mark.parametrize("guard", [FIRST, None])
    def test_a_delete_tells_whether_something_lived(self, place: RoutedPlace, guard: Guard | None) -> None:
        with place.ready() as store:
            store.write(place.record(), guard)

            assert store.delete("one", guard) is True
            assert store.delete("one", guard) is False
            assert store.read("one", guard) is None
            assert place.legacy_read("one") is None

    def test_plain_calls_work_without_a_route(self, place: RoutedPlace) -> None:
        with place.open() as store:
            store.sessions.initialise(WORKER)
            assert not store.joined()
            store.write(place.record(), None)
            assert place.same(store.read("one", None), place.record())
            assert store.touch("one", None, MINUTE).outcome is WriteOutcome.WRITTEN
            assert store.delete("one", None)
            assert held_of(store, "one").version == UNVERSIONED

    def test_plain_calls_do_not_look_at_fences(self, place: RoutedPlace) -> None:
        with place.ready(fence=9) as store:
            assert store.write(place.record(), None).version == UNVERSIONED
            assert store.read("one", None) is not None
            assert store.delete("one", None)
