"""Following a node's marks from the store that serves to the one that is kept level.

A mark says that somebody asked for a session; what it is now is read and carried, or deleted where it is gone. Each
round has a version of its own above every earlier round's, so a driver that was replaced cannot bring an older state.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from migrations_app.engine.handler import ActionContext
from migrations_app.handlers.session.actions.transfer import COPY_SEQ
from migrations_app.handlers.session.paging import pages
from migrations_app.handlers.session.records import same_session
from migrations_app.stores.sessions.base import SessionStore
from migrations_app.stores.sessions.beam.hand_over import NodeHandOver
from migrations_app.stores.sessions.records import SessionRecord, Version

FEW = 100  # marks: so many are carried while callers wait
MOST_ROUNDS = 10_000


@dataclass
class Follower:
    """`origin` serves, `replica` is kept level. `seq` is the version's part that the last round had."""

    ctx: ActionContext
    over: NodeHandOver
    origin: SessionStore
    replica: SessionStore
    seq: int = COPY_SEQ
    carried: int = 0
    last: list[str] = field(default_factory=list)

    def round(self) -> int:
        """Carry what is marked now; how many marks there were. `last` names them."""
        marks = self.over.marked()
        self.last = [mark.id for mark in marks]
        if marks:
            self.carry(self.last)
            self.over.acknowledge(marks)
        return len(marks)

    def carry(self, ids: Sequence[str]) -> None:
        """Make the replica hold of these what the origin holds."""
        self.seq += 1
        records = self.origin.read(ids)
        there = [record for record in records if record is not None]
        gone = [name for name, record in zip(ids, records, strict=True) if record is None]
        self.replica.apply(there, self.ctx.worker, version=Version(self.ctx.run_id, self.seq))
        if gone:
            self.replica.delete(gone, self.ctx.worker)
        self.carried += len(ids)

    def until_few(self) -> None:
        """Rounds until one had few marks. With a checkpoint each, so that a person can stop it."""
        for _ in range(MOST_ROUNDS):
            marks = self.round()
            self.ctx.progress.save(self.checkpoint(), done=self.carried, unit="sessions")
            if marks < FEW:
                return

    def until_none(self) -> list[str]:
        """While callers wait: rounds until nothing is marked. The ids that were."""
        ids: list[str] = []
        while self.round():
            ids += self.last
        return ids

    def checkpoint(self) -> dict[str, int]:
        return {"seq": self.seq, "carried": self.carried}

    def copy_all(self) -> None:
        """Everything of the origin, and nothing else: for a replica that was not followed before.

        What is level already is left alone: reading is many times quicker than writing, and writing lets callers wait.
        """
        for page in pages(self.origin, "", self.ctx.options["batch_size"]):
            copies = self.replica.read([record.id for record in page.records])
            pairs = zip(page.records, copies, strict=True)
            if uneven := [record for record, copy in pairs if not self._level(record, copy)]:
                self.seq += 1
                self.replica.apply(uneven, self.ctx.worker, version=Version(self.ctx.run_id, self.seq))
                self.carried += len(uneven)
            self.ctx.progress.save(self.checkpoint(), done=self.carried, unit="sessions")
        cursor, last = "", False
        while not last:
            held = self.replica.scan_ids(cursor, self.ctx.options["batch_size"])
            extra = self.origin.missing(held.ids) if held.ids else []
            # What cannot be read as a session was never carried, and stays.
            if ours := [record.id for record in self.replica.read(extra) if record is not None]:
                self.replica.delete(ours, self.ctx.worker)
            self.ctx.progress.alive()
            cursor, last = held.cursor, held.last

    def differing(self, ids: Iterable[str]) -> list[str]:
        """Those of the ids of which the sides hold different things, now."""
        names = list(dict.fromkeys(ids))
        pairs = zip(names, self.origin.read(names), self.replica.read(names), strict=True)
        return [name for name, ours, theirs in pairs if not self._level(ours, theirs)]

    def _level(self, ours: SessionRecord | None, theirs: SessionRecord | None) -> bool:
        if ours is None or theirs is None:
            return ours is theirs
        return same_session(ours, theirs, self.ctx.parameters["deadline_tolerance_ms"])
