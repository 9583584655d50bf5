"""What there is to say of recycling a pool's workers: how it is to go, how far it is, and how it ended."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from migrations_app.pools.base import PoolView


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """`expected`: workers that the pool had in the beginning. `waiting`: those of them that are not recycled yet, in
    order; the first may have been stopped already. `unguarded`: see Report."""

    expected: int
    waiting: tuple[str, ...]
    recycled: int = 0
    unguarded: int = 0

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "expected": self.expected,
            "waiting": list(self.waiting),
            "recycled": self.recycled,
            "unguarded": self.unguarded,
        }

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Self:
        return cls(given["expected"], tuple(given["waiting"]), given["recycled"], given["unguarded"])


class Stage(StrEnum):
    """What is waited for."""

    SPARE = "spare"
    IDLE = "idle"
    REPLACEMENT = "replacement"
    SURPLUS = "surplus"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class RollProgress:
    """`worker` is the old one that it is about, '' in the beginning; with `done` the checkpoint no longer has it.
    `view`: the last look."""

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
    """`seconds`: from holding it until the pool was whole again."""

    worker: str
    end: End
    guarded: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class Report:
    """`recycled`: in this call. `left`: workers that are as they were. `unguarded`: stops of this roll, those before a
    resumption too, in which a request may have failed; 0 says that the node let none fail because of us."""

    recycled: tuple[Recycled, ...]
    left: tuple[str, ...]
    unguarded: int


@dataclass(frozen=True, slots=True)
class Limits:
    """`spare`: workers without a request, beside the one that is taken out. Seconds: the longest wait for each stage,
    between two looks, and between two reports of one wait."""

    spare: int = 1
    spare_seconds: float = 300.0
    idle_seconds: float = 300.0
    replacement_seconds: float = 120.0
    poll_seconds: float = 0.1
    report_seconds: float = 2.0
