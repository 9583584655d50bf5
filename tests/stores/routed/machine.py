"""The same operations on the store in memory and on a real one must tell the same.

Subclass `RoutedMachine`, give it `new_place`, and let pytest find `YourMachine.TestCase`. Numbers of versions may
differ between the two (stores count as they like); what is compared is who is newer, what lives, and what is refused.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from migrations_app.stores.routed.base import (
    ALL_BUCKETS,
    Condition,
    Fenced,
    Guard,
    Held,
    Mark,
    RoutedStore,
    Written,
    bucket_of,
)
from migrations_app.stores.sessions.records import UNVERSIONED, Version
from migrations_app.testing.routed_memory import MemoryRoutedStore
from migrations_app.testing.session_memory import MemoryPlace
from tests.stores.routed.place import DOCUMENT, RoutedPlace, marks_of
from tests.stores.sessions.place import HOUR, WORKER, now_ms

IDS = ["one", "two", "three"]
names = st.sampled_from(IDS)
epochs = st.integers(1, 4)
guards = st.builds(Guard, epochs, st.booleans())
contents = st.integers(0, 3)
lifetimes = st.sampled_from([None, 5 * HOUR, 15 * HOUR])  # never near the deadlines that are given outright:
deadlines = st.sampled_from([10 * HOUR, 20 * HOUR, None, -HOUR])
SETTINGS = settings(
    max_examples=15, stateful_step_count=20, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


class RoutedMachine(RuleBasedStateMachine):
    endless = True  # whether the layout can hold a session without a deadline

    def new_place(self) -> RoutedPlace:
        """An empty place; called once for each example."""
        raise NotImplementedError

    @initialize()
    def begin(self) -> None:
        self.place = self.new_place()
        self.base = now_ms() // 1000 * 1000
        self.memory = MemoryPlace(now_ms())
        self.stores: Sequence[RoutedStore] = (MemoryRoutedStore(self.memory), self.place.open())
        #: The newest version of each id that a store ever told, and what was seen once and may come back late.
        self.newest: list[dict[str, Version]] = [{}, {}]
        self.old_marks: list[list[Mark]] = [[], []]
        self.old_held: list[dict[str, Held]] = [{}, {}]
        for store in self.stores:
            store.sessions.initialise(WORKER)
            self.opened(store)
        self.join(1)

    def opened(self, store: RoutedStore) -> None:
        """For what makes a kind of store quick in tests."""

    def teardown(self) -> None:
        for store in getattr(self, "stores", ()):
            store.close()

    def both(self, call: Callable[[int, RoutedStore], Any]) -> tuple[Any, Any]:
        self.memory.now_ms = now_ms()
        memory, store = self.stores
        return _outcome(lambda: call(0, memory)), _outcome(lambda: call(1, store))

    def same(self, call: Callable[[int, RoutedStore], Any]) -> Any:
        model, real = self.both(call)
        assert real == model
        return real

    def join(self, fence: int) -> None:
        self.same(lambda _, store: store.join(WORKER, route="r", fence=fence, document=DOCUMENT, epoch=fence))

    def deadline(self, after: int | None) -> int | None:
        if after is None and not self.endless:
            after = 20 * HOUR
        return None if after is None else self.base + after

    def held(self, which: int, name: str) -> Held:
        return self.stores[which].fetch([name])[0]

    # Clients.

    @rule(
        name=names,
        guard=guards,
        content=contents,
        after=deadlines,
        lifetime=lifetimes,
        condition=st.sampled_from(Condition),
        expect=st.sampled_from(["any", "any", "current", "old", "unversioned"]),
    )
    def write(
        self,
        name: str,
        guard: Guard,
        content: int,
        after: int | None,
        lifetime: int | None,
        condition: Condition,
        expect: str,
    ) -> None:
        record = self.place.record(name, content, expires_at_ms=self.deadline(after), ttl_ms=5 * HOUR)

        def call(which: int, store: RoutedStore) -> Any:
            old = self.old_held[which].get(name)
            expected = {
                "any": None,
                "current": self.held(which, name).version,
                "old": old.version if old else UNVERSIONED,
                "unversioned": UNVERSIONED,
            }[expect]
            return store.write(record, guard, lifetime_ms=lifetime, condition=condition, expected=expected)

        self.compare_written(self.both(call), name)

    @rule(name=names, guard=guards, lifetime=lifetimes)
    def touch(self, name: str, guard: Guard, lifetime: int | None) -> None:
        self.compare_written(self.both(lambda _, store: store.touch(name, guard, lifetime)), name)

    @rule(name=names, guard=guards)
    def delete(self, name: str, guard: Guard) -> None:
        self.same(lambda _, store: store.delete(name, guard))

    @rule(name=names, guard=guards)
    def read(self, name: str, guard: Guard) -> None:
        model, real = self.both(lambda _, store: store.read(name, guard))
        if isinstance(model, tuple):
            assert real == model
        else:
            self.compare_records(model, real)
            assert (model and model.version == self.held(0, name).version) == (
                real and real.version == self.held(1, name).version
            )

    @rule(name=names, content=contents, gone=st.booleans())
    def legacy(self, name: str, content: int, gone: bool) -> None:
        """Over a session that lives and has a version: what every kind of store can find out."""
        if any((held := self.held(n, name)).record is None or held.version == UNVERSIONED for n in (0, 1)):
            return
        value, deadline = self.place.value(f"legacy{content}"), self.base + 10 * HOUR
        counted = self.same(lambda _, store: store.legacy_writes())
        there = self.held(0, name).record
        assert there is not None
        if gone:
            self.stores[0].delete(name, None)
            self.place.legacy_delete(name)
        else:
            length = there.ttl_ms if self.place.legacy_keeps_length else None
            self.stores[0].write(replace(there, value=value, expires_at_ms=deadline, ttl_ms=length), None)
            self.place.legacy_write(name, value, deadline)
        self.stores[1].suspects([name], WORKER)
        assert self.same(lambda _, store: store.legacy_writes()) == counted + 1

    # Workers.

    @rule(buckets=st.one_of(st.just(ALL_BUCKETS), names.map(lambda name: (bucket_of(name),))), epoch=epochs)
    def raise_fence(self, buckets: Sequence[int], epoch: int) -> None:
        self.same(lambda _, store: store.raise_fence(buckets, epoch, WORKER))

    @rule(epoch=epochs)
    def mirror(self, epoch: int) -> None:
        self.same(lambda _, store: store.mirror(f"record of {epoch}", epoch, WORKER))

    @rule(chosen=st.sets(names), old=st.booleans())
    def acknowledge(self, chosen: set[str], old: bool) -> None:
        def call(which: int, store: RoutedStore) -> int:
            marks = self.old_marks[which] if old else [*marks_of(store).values()]
            self.old_marks[which] = [*marks_of(store).values()]
            return store.acknowledge([mark for mark in marks if mark.id in chosen], WORKER)

        self.same(call)

    @rule(name=names)
    def remember(self, name: str) -> None:
        for which in (0, 1):
            self.old_held[which][name] = self.held(which, name)

    @rule(
        name=names,
        kind=st.sampled_from(["newer", "newer epoch", "equal", "older", "unversioned", "old"]),
        dead=st.booleans(),
        content=contents,
        after=deadlines,
    )
    def adopt(self, name: str, kind: str, dead: bool, content: int, after: int | None) -> None:
        record = self.place.record(name, content, expires_at_ms=self.deadline(after))

        def call(which: int, store: RoutedStore) -> Any:
            there = self.held(which, name).version
            above = max(there, self.newest[which].get(name, UNVERSIONED))  # also above what was forgotten
            if kind == "old":
                return store.adopt([self.old_held[which].get(name, Held(name, UNVERSIONED, False, None))], WORKER)
            version = {
                "newer": Version(above.epoch, above.seq + 1),
                "newer epoch": Version(above.epoch + 1, 0),
                "equal": there,
                "older": Version(there.epoch, max(0, there.seq - 1)),
                "unversioned": UNVERSIONED,
            }[kind]
            if version == UNVERSIONED and self.held(which, name).record is not None and there == UNVERSIONED:
                return None  # whether the later deadline is taken over then is left to the store
            if dead and version > UNVERSIONED:
                return store.adopt([Held(name, version, True, None)], WORKER)
            return store.adopt([Held(name, version, False, replace(record, version=version))], WORKER)

        self.same(call)

    @rule(name=names, old=st.booleans(), epoch=epochs)
    def remint(self, name: str, old: bool, epoch: int) -> None:
        def call(which: int, store: RoutedStore) -> bool:
            held = self.old_held[which].get(name) if old else self.held(which, name)
            return held is not None and store.remint(held, WORKER, epoch) is not None

        self.same(call)

    @rule()
    def collect_tombstones(self) -> None:
        def call(which: int, store: RoutedStore) -> list[str]:
            store.acknowledge([*marks_of(store).values()], WORKER)
            dead, cursor = store.tombstones("", 10)
            assert cursor == ""
            assert store.forget(dead, WORKER) == len(dead)
            for tombstone in dead:  # nobody brings an older record any more: that is what its caller promises
                self.old_held[which].pop(tombstone.id, None)
            return sorted(tombstone.id for tombstone in dead)

        self.same(call)

    @rule(fence=epochs)
    def leave_and_join(self, fence: int) -> None:
        self.same(lambda _, store: store.leave(WORKER))
        assert not self.place.traces()
        self.newest, self.old_held, self.old_marks = [{}, {}], [{}, {}], [[], []]
        self.join(fence)

    # What must hold after each step.

    @invariant()
    def tells_the_same(self) -> None:
        if not hasattr(self, "stores"):
            return
        for model, real in zip(*(store.fetch(IDS) for store in self.stores), strict=True):
            assert (real.id, real.dead) == (model.id, model.dead)
            self.compare_records(model.record, real.record)
            if model.record or model.dead:
                assert (real.version > UNVERSIONED) == (model.version > UNVERSIONED)
        self.same(lambda _, store: sorted(marks_of(store)))
        self.same(lambda _, store: store.journal(ALL_BUCKETS).depth)
        self.same(lambda _, store: [*store.fences()])
        self.same(lambda _, store: store.mirrored())
        self.same(lambda _, store: sorted(dead.id for dead in store.tombstones("", 10)[0]))
        self.same(lambda _, store: store.marked(IDS))

    @invariant()
    def versions_only_grow(self) -> None:
        for store, newest in zip(getattr(self, "stores", ()), getattr(self, "newest", ()), strict=True):
            marks = marks_of(store)
            for held in store.fetch(IDS):
                if held.version > UNVERSIONED:
                    assert held.version >= newest.get(held.id, UNVERSIONED)
                    newest[held.id] = held.version
                if held.id in marks and (held.record or held.dead):
                    assert marks[held.id].version == held.version

    def compare_written(self, results: tuple[Any, Any], name: str) -> None:
        model, real = results
        if not isinstance(model, Written):
            assert real == model
            return
        assert isinstance(real, Written), real
        assert real.outcome == model.outcome
        assert self.near(real.expires_at_ms, model.expires_at_ms)
        for which, written in enumerate(results):
            held = self.held(which, name)
            if held.record:
                assert written.version == held.version

    def compare_records(self, model: Any, real: Any) -> None:
        assert (real is None) == (model is None)
        if model is not None:
            assert real.content_hash() == model.content_hash()
            assert self.near(real.expires_at_ms, model.expires_at_ms)

    @staticmethod
    def near(one: int | None, other: int | None) -> bool:
        """Lifetimes count from two clocks, and a step takes a while."""
        return one is other if one is None or other is None else abs(one - other) < HOUR // 60


def _outcome(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except Fenced as refusal:
        return "fenced", refusal.fence, refusal.document
