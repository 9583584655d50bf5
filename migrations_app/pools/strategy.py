"""How a pool is to be rolled, chosen beforehand, and what the pool says to that."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any, Self

from migrations_app.engine.errors import Problem, ValidationFailed
from migrations_app.pools.base import Capability, PoolDriver, PoolProbe, PoolTooSmall, Release


class AfterDeadline(StrEnum):
    """When a worker still has a request after `Limits.idle_seconds`: wait on without an end, stop it (the request
    fails, and is counted), or give up, which turns the roll back."""

    WAIT = "wait"
    STOP = "stop"
    GIVE_UP = "give_up"


@dataclass(frozen=True, slots=True)
class Limits:
    """`spare`: workers without a request, beside those that are taken out. Seconds: the longest wait for each stage
    (`idle_seconds` is the drain's deadline), between two looks, and between two reports of one wait. What ran before
    gets `way_back_seconds` to start, if that is more than `replacement_seconds`: whoever wants to learn soon that a new
    release is ill still has nothing better to go back to."""

    spare: int = 1
    spare_seconds: float = 300.0
    idle_seconds: float = 300.0
    replacement_seconds: float = 120.0
    way_back_seconds: float = 120.0
    poll_seconds: float = 0.1
    report_seconds: float = 2.0

    def of_the_way_back(self) -> Self:
        return replace(self, replacement_seconds=max(self.replacement_seconds, self.way_back_seconds))


@dataclass(frozen=True, slots=True)
class Strategy:
    """`surge`: workers started beside the pool's own before any is stopped. `max_unavailable`: how many fewer than the
    pool should have may serve meanwhile. A new worker counts when it gave `healthy_answers` in a row, the first of them
    `soak_seconds` ago or longer. `roll_back`: a failing roll brings back what it has changed."""

    surge: int = 0
    max_unavailable: int = 1
    after_deadline: AfterDeadline = AfterDeadline.GIVE_UP
    healthy_answers: int = 1
    soak_seconds: float = 0.0
    roll_back: bool = True
    limits: Limits = field(default_factory=Limits)

    @property
    def wave(self) -> int:
        """The most workers that are changed at once."""
        return max(1, self.surge + self.max_unavailable)

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Self:
        choice = AfterDeadline(given["after_deadline"])
        return cls(**{**given, "after_deadline": choice, "limits": Limits(**given["limits"])})


@dataclass(frozen=True, slots=True)
class RollPlan:
    """What a roll would do now. `expected`: workers that the pool should have; never fewer than `minimum` serve because
    of us. `waves`: workers by id, as they would be taken; empty when there is nothing to do. `back`: what the pool goes
    back to when it fails, None where it knows no versions."""

    expected: int
    minimum: int
    waves: tuple[tuple[str, ...], ...]
    back: Release | None


def plan_roll(driver: PoolDriver, *, to: Release | None, strategy: Strategy) -> RollPlan:
    """Looks only. `to` None recycles the workers of a pool without versions as they are.

    Raises ValidationFailed with everything that the pool cannot do (fields `parameters.surge`,
    `parameters.max_unavailable`, `parameters.version`, `parameters.after_deadline`), and PoolTooSmall.
    """
    return planned(driver.probe(), to, strategy)


def planned(probe: PoolProbe, to: Release | None, strategy: Strategy) -> RollPlan:
    """`plan_roll` of a pool as it was seen."""
    view = probe.view
    versions = Capability.VERSIONS in probe.capabilities
    expected = view.size if versions and view.size is not None else len(view.workers)
    problems = _problems(probe, to, strategy, expected)
    if problems:
        raise ValidationFailed("The pool cannot be rolled like that; nothing was changed.", problems=problems)
    ours = [worker for worker in view.workers if not (versions and worker.extra)]
    old = [worker.id for worker in ours if to is None or worker.release != to]
    if old and expected - strategy.max_unavailable < 1:
        raise PoolTooSmall
    waves = tuple(tuple(old[at : at + strategy.wave]) for at in range(0, len(old), strategy.wave))
    back = probe.release if versions else None
    return RollPlan(expected, expected - strategy.max_unavailable, waves, back)


def _problems(probe: PoolProbe, to: Release | None, strategy: Strategy, expected: int) -> list[Problem]:
    problems: list[Problem] = []

    def problem(name: str, message: str, fix: str) -> None:
        problems.append(Problem(f"parameters.{name}", message, fix, "pool_lacks"))

    can = probe.capabilities
    if to is not None and Capability.VERSIONS not in can:
        problem("version", "This pool starts its workers as they were; it knows no versions.", "Leave it empty.")
    if to is None and Capability.VERSIONS in can:
        problem("version", "This pool has to be told what its workers are to run.", "Name version and generation.")
    if strategy.surge and Capability.SURGE not in can:
        problem("surge", "This pool starts no workers beside those that it should have.", "Use 0.")
    elif probe.room is not None and expected + strategy.surge > probe.room:
        most = max(0, probe.room - expected)
        problem(
            "surge", f"The pool has room for {probe.room} workers and should have {expected}.", f"Use at most {most}."
        )
    if strategy.surge < 0 or strategy.max_unavailable < 0 or strategy.surge + strategy.max_unavailable < 1:
        problem("max_unavailable", "With neither surge nor a worker to spare nothing can be changed.", "Give one a 1.")
    if strategy.after_deadline is AfterDeadline.STOP and Capability.FORCE not in can:
        problem("after_deadline", "This pool stops no worker that has a request.", "Use wait or give_up.")
    return problems
