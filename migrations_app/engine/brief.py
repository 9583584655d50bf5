"""What a driver is told (`RunBrief`, `Limits`) and what it answers (`Outcome`)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from migrations_app.engine.plan import Plan, Target
from migrations_app.engine.vocabulary import RunKind


@dataclass(frozen=True, slots=True)
class RunBrief:
    """One run to drive.

    For `kind=rollback`: `undoes` is the run to take back, `prior_results` its steps' results by step id, and
    `prior_started` the steps it started (a step may have effects without a result; empty: those with a result).
    Of a rehearsal `targets` are those of the plan; the driver has the handler put its namespaces in their place.
    `secrets` are the values of those that the plan's parameters name, by the parameter.
    """

    run_id: int
    kind: RunKind
    plan: Plan
    targets: Mapping[str, Target]
    prior_results: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    prior_started: tuple[str, ...] = ()
    undoes: int | None = None
    migration_id: str = ""
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)

    def clear_texts(self) -> Iterator[str]:
        """Every secret of this run, for hiding it."""
        for target in self.targets.values():
            yield from target.secrets.values()
        yield from self.secrets.values()


@dataclass(frozen=True, slots=True)
class Limits:
    """`max_retries` holds where the plan's options do not say; `max_deaths` drivers may die without a checkpoint."""

    slice_seconds: float = 60.0
    max_retries: int = 3
    max_deaths: int = 3
    backoff_seconds: float = 1.0
    longest_backoff_seconds: float = 60.0


class OutcomeKind(StrEnum):
    FINISHED = "finished"  # the run, or the partition, has ended; `reason` is its state
    YIELDED = "yielded"  # the slice is over; drive again at once
    PARKED = "parked"  # waits; drive again at `wake_at`, when `partitions` have ended, or when a person has acted
    SUPERSEDED = "superseded"  # another driver has it; nothing was written


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a drive ended.

    `partitions` are (step id, index) pairs to dispatch to drivers of their own. `wake_run` is set by a
    partition's driver when the run itself should be driven now.
    """

    kind: OutcomeKind
    reason: str = ""
    wake_at: datetime | None = None
    partitions: tuple[tuple[str, int], ...] = ()
    wake_run: bool = False
