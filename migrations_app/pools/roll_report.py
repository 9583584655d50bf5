"""What there is to say of a pool that is being rolled: how far it is, and how it ended."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from migrations_app.pools.base import PoolView, Release


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """`expected`: workers that the pool should have. `waiting`: those that are not changed yet, in order; the first may
    have been stopped already. `unguarded`, `cut`: see Report. `to`, `back`: what they are to run, and what they ran
    before; None where the pool knows no versions. `turned`: why it goes back, '' while it goes on."""

    expected: int
    waiting: tuple[str, ...]
    recycled: int = 0
    unguarded: int = 0
    cut: int = 0
    to: Release | None = None
    back: Release | None = None
    turned: str = ""

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "expected": self.expected,
            "waiting": list(self.waiting),
            "recycled": self.recycled,
            "unguarded": self.unguarded,
            "cut": self.cut,
            "to": self.to.as_dict() if self.to else None,
            "back": self.back.as_dict() if self.back else None,
            "turned": self.turned,
        }

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Self:
        to, back = (Release(**given[name]) if given[name] else None for name in ("to", "back"))
        waiting = tuple(given["waiting"])
        return cls(
            given["expected"], waiting, given["recycled"], given["unguarded"], given["cut"], to, back, given["turned"]
        )


class Stage(StrEnum):
    """What is waited for. `turned`: the roll has failed, and goes back from here."""

    SURGE = "surge"
    SPARE = "spare"
    IDLE = "idle"
    REPLACEMENT = "replacement"
    SURPLUS = "surplus"
    TURNED = "turned"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class RollProgress:
    """`worker`: the old ones that it is about, by id, with commas; '' in the beginning and in the end. With `done` the
    checkpoint no longer has them. `view`: the last look."""

    checkpoint: Checkpoint
    stage: Stage
    worker: str
    view: PoolView


class End(StrEnum):
    """How it ended for a worker. `already_gone`: it lived no more, or somebody else recycled it."""

    RECYCLED = "recycled"
    ALREADY_GONE = "already_gone"


@dataclass(frozen=True, slots=True)
class Recycled:
    """`seconds`: from holding its wave until the pool was whole again."""

    worker: str
    end: End
    guarded: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class Report:
    """`recycled`: in this call. `left`: workers that are as they were. `least`: the fewest that served in any look of
    this call. Of the whole roll, before a resumption too: `unguarded`: stops in which a request may have failed; 0 says
    that the pool let none fail because of us. `cut`: requests that were in the hands of workers stopped by force."""

    recycled: tuple[Recycled, ...]
    left: tuple[str, ...]
    unguarded: int
    cut: int
    least: int
