"""Make one store hold what another holds, by looking at both; catch-up, final pass and the way back are all this.

First half: everything that `origin` holds and `replica` does not hold equally is applied. Second half: everything
that `replica` holds and `origin` does not is deleted there, after a second look at both. Both halves stream pages;
no list of ids is ever kept.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

from migrations_app.engine.ports import WorkerToken
from migrations_app.handlers.session.paging import pages_ahead
from migrations_app.handlers.session.records import newer_than, same_session
from migrations_app.stores.sessions.base import SessionStore
from migrations_app.stores.sessions.records import SessionRecord, Version

ID_PAGE = 2000
APPLYING = "applying"
DELETING = "deleting"
Opener = Callable[[], SessionStore]


@dataclass(frozen=True, slots=True)
class Position:
    """Where a pass stands; saved in checkpoints. `applied` and `deleted` count this pass so far."""

    half: str = APPLYING
    cursor: str = ""
    looked_at: int = 0
    applied: int = 0
    deleted: int = 0

    @property
    def changed(self) -> int:
        return self.applied + self.deleted

    def as_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> "Position":
        return cls(**{name: saved[name] for name in cls.__slots__ if name in saved})


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """One direction. `open_origin` gives the reading thread a store of its own."""

    open_origin: Opener
    origin: SessionStore
    replica: SessionStore
    worker: WorkerToken
    batch_size: int
    tolerance_ms: int

    def run(self, version: Version, position: Position, tick: Callable[[Position], None]) -> Position:
        """One pass from `position` to the end, which it returns.

        `tick` is called when everything up to a position has taken effect and more is to come; it may raise.
        """
        if position.half == APPLYING:
            with closing(pages_ahead(self.open_origin, position.cursor, self.batch_size)) as stream:
                for page in stream:
                    applied = self._apply(page.records, version)
                    position = replace(
                        position,
                        cursor=page.cursor,
                        looked_at=position.looked_at + len(page.records),
                        applied=position.applied + applied,
                    )
                    if not page.last:
                        tick(position)
            position = replace(position, half=DELETING, cursor="")
            tick(position)
        last = False
        while not last:
            held = self.replica.scan_ids(position.cursor, ID_PAGE)
            deleted = self._delete(held.ids)
            position, last = replace(position, cursor=held.cursor, deleted=position.deleted + deleted), held.last
            if not last:
                tick(position)
        return position

    def level(self, ids: Sequence[str], version: Version) -> int:
        """The same for these sessions alone. Returns how many were changed."""
        held = [record for record in self.origin.read(ids) if record is not None]
        return self._apply(held, version) + self._delete(ids)

    def _apply(self, records: Sequence[SessionRecord], version: Version) -> int:
        there = self.replica.read([record.id for record in records]) if records else []
        outdated = [
            replace(record, version=newer_than(copy, version))
            for record, copy in zip(records, there, strict=True)
            if copy is None or not same_session(record, copy, self.tolerance_ms)
        ]
        return self.replica.apply(outdated, self.worker).written if outdated else 0

    def _delete(self, ids: Sequence[str]) -> int:
        gone = self.origin.missing(ids) if ids else []
        if not gone:
            return 0
        # What is no session is not ours to delete; the comparison names it.
        gone = [record.id for record in self.replica.read(gone) if record is not None]
        # A session may have been created between the scan and the look; a second look is cheap, a lost one is not.
        gone = self.origin.missing(gone) if gone else []
        return self.replica.delete(gone, self.worker) if gone else 0
