"""A trace of the model, step by step on a pair of real stores; after each step the stores hold what the model says."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from migrations_app.stores.routed.base import (
    Fenced,
    Guard,
    Held,
    Mark,
    RoutedStore,
    Tombstone,
    WriteOutcome,
    bucket_of,
)
from migrations_app.stores.sessions.records import UNVERSIONED, Version
from tests.model.state import JOURNALED, Record, Store
from tests.model.traces import BEGINS_AT, REFUSED, Trace, TraceStep
from tests.stores.routed.place import RoutedPlace
from tests.stores.sessions.place import WORKER

EPOCHS_OF_A_TRACE = 100


@dataclass
class Replay:
    """One session. Epochs of the model count from `base`, so that traces may share a bucket one after the other."""

    place: RoutedPlace
    stores: dict[str, RoutedStore]
    session: str
    base: int
    versions: dict[tuple[int, int], Version] = field(default_factory=lambda: {(0, 0): UNVERSIONED})
    relayed: Held | None = None
    mark: Mark | None = None
    copied: Held | None = None
    stale: Held | None = None

    def run(self, trace: Trace) -> None:
        self.raise_fence("a", BEGINS_AT)
        self.raise_fence("b", BEGINS_AT)
        for number, step in enumerate(trace.steps):
            try:
                touched = self.take(step)
                for side in "ab" if number == len(trace.steps) - 1 else touched:
                    self.compare(side, getattr(step, side))
            except Exception as error:
                error.add_note(f"step {number} ({' '.join(map(str, step.label))}) of the {trace}")
                raise

    def take(self, step: TraceStep) -> str:
        """Which stores had anything to do with it."""
        actor, what, *_ = step.label
        name = {"stalled driver": "control"}.get(actor, actor) + " " + what
        act = _ACTS.get(name)
        if act is not None:
            act(self, step)
            side = step.label[2] if len(step.label) > 2 else "b"
            return side if side in self.stores else "b"
        assert actor in {"control", "stalled driver", "client", "backfill", "relay", "collector"}, step.label
        return ""

    def compare(self, side: str, expected: Store) -> None:
        store = self.stores[side]
        (held,) = store.fetch([self.session])
        record = expected.record
        dead = record is not None and record.value is None
        value = None if record is None or dead else self.place.record(self.session, record.value).canonical_value()
        assert (held.record.canonical_value() if held.record else None) == value, side
        assert held.dead == dead, side
        if record is not None:
            assert held.version == self.version(record, held), side
        assert (self.session in store.marked([self.session])) == expected.marked, side

    def version(self, record: Record, held: Held) -> Version:
        """The real version of the model's; a new one is newer than all before, and of the model's epoch."""
        known = self.versions.get(record[:2])
        if known is None:
            assert held.version.epoch == self.base + record.epoch
            assert all(held.version > version for named, version in self.versions.items() if named < record[:2])
            known = self.versions[record[:2]] = held.version
        return known

    def guard(self, step: TraceStep) -> Guard:
        return Guard(self.base + step.label[3], journaled=JOURNALED[step.label[4]])

    def fetched(self, side: str) -> Held:
        (held,) = self.stores[side].fetch([self.session])
        return held

    def raise_fence(self, side: str, epoch: int) -> None:
        bucket = bucket_of(self.session)
        self.stores[side].raise_fence([bucket], self.base + epoch, WORKER)

    def write(self, step: TraceStep) -> None:
        record = self.place.record(self.session, step.label[5])
        assert self.stores[step.label[2]].write(record, self.guard(step)).outcome is WriteOutcome.WRITTEN

    def delete(self, step: TraceStep) -> None:
        side = step.label[2]
        lived = self.fetched(side).record is not None
        assert self.stores[side].delete(self.session, self.guard(step)) == lived

    def read(self, step: TraceStep) -> None:
        store, guard = self.stores[step.label[2]], self.guard(step)
        if step.result == REFUSED:
            self.refused(lambda: store.read(self.session, guard))
            return
        seen = store.read(self.session, guard)
        expected = None if step.result is None else self.place.record(self.session, step.result).canonical_value()
        assert (seen.canonical_value() if seen else None) == expected

    def try_write(self, step: TraceStep) -> None:
        store, guard = self.stores[step.label[2]], self.guard(step)
        self.refused(lambda: store.write(self.place.record(self.session, 999), guard))

    def try_delete(self, step: TraceStep) -> None:
        store, guard = self.stores[step.label[2]], self.guard(step)
        self.refused(lambda: store.delete(self.session, guard))

    def refused(self, call: Callable[[], object]) -> None:
        try:
            call()
        except Fenced:
            return
        raise AssertionError("the store took what an outdated client asked")

    def relay_reads(self, step: TraceStep) -> None:
        source = self.stores[step.label[2]]
        marks = {mark.id: mark for mark in source.marks([bucket_of(self.session)], 1000)}
        self.mark, self.relayed = marks[self.session], self.fetched(step.label[2])

    def relay_applies(self, step: TraceStep) -> None:
        self.adopt(step.label[2], self.relayed)

    def relay_acknowledges(self, step: TraceStep) -> None:
        assert self.mark is not None
        assert self.relayed is not None
        mark = replace(self.mark, version=self.relayed.version)
        assert self.stores[step.label[2]].acknowledge([mark], WORKER) == bool(step.result)

    def relay_stalls(self, _: TraceStep) -> None:
        self.stale = self.relayed

    def backfill_reads(self, _: TraceStep) -> None:
        self.copied = self.fetched("a")

    def backfill_applies(self, _: TraceStep) -> None:
        self.adopt("b", self.copied)

    def backfill_stalls(self, _: TraceStep) -> None:
        self.stale = self.copied

    def stalled_applies(self, step: TraceStep) -> None:
        self.adopt(step.label[2], self.stale)

    def adopt(self, side: str, held: Held | None) -> None:
        assert held is not None
        self.stores[side].adopt([held], WORKER)

    def forget(self, step: TraceStep) -> None:
        side = step.label[2]
        assert self.stores[side].forget([Tombstone(self.session, self.fetched(side).version, 0)], WORKER) == 1

    def fence(self, step: TraceStep) -> None:
        _, _, side, epoch = step.label
        self.raise_fence(side, epoch)
        assert self.stores[side].fences()[bucket_of(self.session)] == self.base + getattr(step, side).fence


_ACTS: dict[str, Callable[[Replay, TraceStep], None]] = {
    "client write": Replay.write,
    "client delete": Replay.delete,
    "client read": Replay.read,
    "client try write": Replay.try_write,
    "client try delete": Replay.try_delete,
    "relay read": Replay.relay_reads,
    "relay apply": Replay.relay_applies,
    "relay acknowledge": Replay.relay_acknowledges,
    "relay stall": Replay.relay_stalls,
    "backfill read": Replay.backfill_reads,
    "backfill apply": Replay.backfill_applies,
    "backfill stall": Replay.backfill_stalls,
    "stalled worker apply": Replay.stalled_applies,
    "collector forget": Replay.forget,
    "control fence": Replay.fence,
}
