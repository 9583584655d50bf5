"""What the risk of a plan depends on beside the two sides: the place, its history, and what else is going on there.

The planning service passes them in. An empty `EnvironmentFacts` knows nothing, and a rule that looks at something
unknown says nothing.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EarlierEnvironment:
    """The one before in the order of promotion, and how often the same procedure succeeded there."""

    name: str
    successes: int


@dataclass(frozen=True, slots=True)
class PastRuns:
    """Ended runs between the same targets, in the same roles. `last_run` is the newest one, if any."""

    succeeded: int = 0
    failed: int = 0
    last_run: int | None = None
    last_failed: bool = False


@dataclass(frozen=True, slots=True)
class Rival:
    """Another migration that uses one of the targets and has not come to its end. `running`: a run of it is alive."""

    migration_id: int
    title: str
    target: str
    running: bool


@dataclass(frozen=True, slots=True)
class MaintenanceWindows:
    """Of the environment, without those that are over: how many there are, and how long the longest one is."""

    count: int
    longest_seconds: int = 0


@dataclass(frozen=True, slots=True)
class ChangedTarget:
    """A target whose configuration was edited lately; `hours` ago, rounded down."""

    name: str
    hours: int


@dataclass(frozen=True, slots=True)
class EnvironmentFacts:
    """None is unknown everywhere, and not the same as nothing.

    `version_successes`: runs of this handler in its present version that succeeded anywhere in this installation.
    `operators`: people who may run, stop and roll back here. `rehearsed`: digests of the plans of this migration that
    a rehearsal of has succeeded; None also where it cannot be rehearsed.
    """

    earlier: EarlierEnvironment | None = None
    version_successes: int | None = None
    past: PastRuns | None = None
    rivals: tuple[Rival, ...] = ()
    windows: MaintenanceWindows | None = None
    operators: int | None = None
    rehearsed: frozenset[str] | None = None
    changed_targets: tuple[ChangedTarget, ...] = ()


NOTHING_KNOWN = EnvironmentFacts()
