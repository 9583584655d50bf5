"""What a migration type is to the engine: roles, parameters, analysis, steps, and idempotent actions."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from migrations_app.engine.background import Background
from migrations_app.engine.environment_facts import NOTHING_KNOWN, EnvironmentFacts
from migrations_app.engine.errors import Problem, ValidationFailed
from migrations_app.engine.parameters import Field
from migrations_app.engine.plan import Analysis, Finding, SecretRef, Step, Target
from migrations_app.engine.plan_template import PlanTemplate
from migrations_app.engine.ports import (
    CLOSED_TOKEN,
    Artifacts,
    Clock,
    Live,
    Routes,
    RunLog,
    Unwatched,
    WorkerToken,
    partition_scope,
)
from migrations_app.engine.rehearsal import NOT_REHEARSED
from migrations_app.engine.vocabulary import ClaimMode, MigrationType, TargetKind

HANDLER_API = 1


@dataclass(frozen=True, slots=True)
class TargetRole:
    """A place in a migration that a target fills (`source`, `target`). One that is not required may stay empty.

    `claim`: shared for a target that is only read, so that other plans may use it at the same time.
    """

    name: str
    kinds: tuple[TargetKind, ...]
    label: str
    help: str = ""
    required: bool = True
    claim: ClaimMode = ClaimMode.EXCLUSIVE


@dataclass(frozen=True, slots=True)
class Spec:
    """A checked wish: what somebody wants to migrate, before it is a plan.

    `artifacts`: what earlier runs kept, to be read by a plan that brings it back; None where there is no such place.
    `secrets`: which ones the parameters name. Their values are for the actions of a run alone.
    """

    type: MigrationType
    handler: str
    environment: str
    protected: bool
    targets: Mapping[str, Target]
    parameters: Mapping[str, Any]
    options: Mapping[str, Any]
    description: str = ""
    artifacts: Artifacts | None = None
    secrets: tuple[SecretRef, ...] = ()


class Progress(ABC):
    """How an action reports a batch; also where pause, cancel, slice end and a lost lease take effect."""

    @abstractmethod
    def save(
        self,
        checkpoint: Mapping[str, Any],
        *,
        done: int,
        total: int | None = None,
        unit: str = "",
        counters: Mapping[str, int] | None = None,
    ) -> None:
        """Commit a checkpoint. Call it after each batch, when everything up to `checkpoint` has taken effect.

        Raises a control-flow exception of `engine/interruptions.py` when the slice is over or a person asked for
        something, LeaseLost when another worker took over, and Timeout when the run's time is used up; actions
        let all of them pass.
        """

    @abstractmethod
    def alive(self) -> None:
        """Tell the heartbeat that the driving thread makes progress, without a checkpoint."""


@dataclass(frozen=True, slots=True)
class ActionContext:
    """Everything an action may touch.

    `results` maps step id to that step's result; `checkpoint` is what this (step, partition) saved last, empty
    at first; `read_only` is set in a dry run, and then stores must be opened read-only. `partition` of
    `partitions` is this call's share: always the whole (0 of 1) in `preview`, in `undo` and in the `verify` of a
    step whose `leased_partitions` ran apart. `undoes` is the run that a rollback run takes back. In a rehearsal
    `targets` are namespaces of the run's own where they are written to, `originals` what they stand for (empty in
    every other run), and `routes` cannot be moved. `secrets` are the values of the secrets that parameters name, by the
    parameter; one that names none is not in it.
    """

    run_id: int
    step: Step
    options: Mapping[str, Any]
    parameters: Mapping[str, Any]
    targets: Mapping[str, Target]
    results: Mapping[str, Mapping[str, Any]]
    checkpoint: Mapping[str, Any]
    worker: WorkerToken
    progress: Progress
    log: RunLog
    clock: Clock
    artifacts: Artifacts
    routes: Routes
    partition: int = 0
    partitions: int = 1
    leased_partitions: int = 1
    undoes: int | None = None
    read_only: bool = False
    originals: Mapping[str, Target] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    live: Live = field(default_factory=Unwatched)
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def effect_run_id(self) -> int:
        """The run whose effects these are: `run_id`, or in a rollback run the run it undoes.

        Versions, artifact keys and everything else that marks what a run created are made of this id.
        """
        return self.undoes or self.run_id

    def closed_partitions(self) -> tuple[WorkerToken, ...]:
        """Tokens for the partition scopes of this step that no driver ever reaches; empty when it ran inline.

        The undo of a partitioned step raises them as fences first: a partition driver that was frozen in the
        middle of a batch then writes no more.
        """
        if self.leased_partitions < 2:
            return ()
        return tuple(
            WorkerToken(partition_scope(self.effect_run_id, self.step.id, index), CLOSED_TOKEN)
            for index in range(self.leased_partitions)
        )


class Action(ABC):
    """One idempotent effect. Each method may be called again after a crash at any line, and must end the same.

    `not_proven`: what a rehearsal of this step leaves open, for people; empty when it proves the whole step.
    `leaves_scratch`: its rehearsal leaves something behind that `clean_up` takes away.
    """

    not_proven: ClassVar[str] = "Its handler does not rehearse it."
    leaves_scratch: ClassVar[bool] = False

    @abstractmethod
    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        """Bring the effect about. Returns the step's JSON-ready result (integers, strings, lists, maps)."""

    def undo(self, ctx: ActionContext) -> None:  # noqa: B027  (nothing to undo is the default)
        """Take the effect back. `ctx.results[ctx.step.id]` is missing when `do` never finished."""

    def verify(self, ctx: ActionContext, result: Mapping[str, Any]) -> None:  # noqa: B027  (optional)
        """Check the effect by looking. Raises ValidationFailed or DataCorruption."""

    def preview(self, ctx: ActionContext) -> Mapping[str, Any]:
        """What `do` would do, found with read-only connections (dry run)."""
        return {}

    def rehearse(self, ctx: ActionContext) -> Mapping[str, Any]:
        """What `do` would do, really done where `ctx.targets` point in a rehearsal. The default does nothing."""
        return {NOT_REHEARSED: self.not_proven}

    def clean_up(self, ctx: ActionContext) -> None:  # noqa: B027  (nothing left is the default)
        """Take away what `rehearse` left, and only that. Like `undo`, it may find half of it."""

    def merge(self, results: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
        """Combine the results of a partitioned step's partitions; integers add up by default."""
        merged: dict[str, Any] = {}
        for result in results:
            for key, value in result.items():
                merged[key] = merged.get(key, 0) + value if isinstance(value, int) else value
        return merged

    def manual_undo(self, ctx: ActionContext) -> Sequence[str]:
        """What a person must do, exactly, when `undo` failed for good."""
        return (f"Undo the step “{ctx.step.title}” by hand, then press Retry: it takes what is undone for done.",)

    def manual_clean_up(self, ctx: ActionContext) -> Sequence[str]:
        """The same when `clean_up` failed for good."""
        return (f"Remove what run {ctx.run_id} left of “{ctx.step.title}”; everything else is as it was.",)


@dataclass(frozen=True, slots=True)
class RiskCase:
    """Everything that a rule of the risk may look at: it is a pure function of this. `digest` is that of the plan.

    `unused_options` are those that mean nothing to the handler.
    """

    spec: Spec
    analysis: Analysis
    steps: Sequence[Step] = ()
    facts: EnvironmentFacts = NOTHING_KNOWN
    digest: str = ""
    unused_options: frozenset[str] = frozenset()

    @property
    def estimated_seconds(self) -> int:
        """Of the steps, one after the other."""
        return sum(step.estimated_seconds for step in self.steps)


RiskRule = Callable[[RiskCase], Iterable[Finding]]


class Handler(ABC):
    """A migration type. Built-in ones live in `handlers/`, others arrive by entry point (`handlers/registry.py`).

    `version` is recorded in every plan. `compatible_versions`: earlier ones of its own whose plans it runs as well,
    each whole (`1.4.2`) or by its beginning (`1.4.*`). `unused_options`: names of options that mean nothing to it;
    forms do not offer them.
    """

    name: ClassVar[str]
    version: ClassVar[str]
    compatible_versions: ClassVar[tuple[str, ...]] = ()
    api_version: ClassVar[int] = HANDLER_API
    type: ClassVar[MigrationType]
    label: ClassVar[str]
    summary: ClassVar[str]
    roles: ClassVar[tuple[TargetRole, ...]]
    parameters: ClassVar[tuple[Field, ...]] = ()
    unused_options: ClassVar[frozenset[str]] = frozenset()
    risk_rules: ClassVar[tuple[RiskRule, ...]] = ()
    templates: ClassVar[tuple[PlanTemplate, ...]] = ()

    def runs_plans_of(self, version: str) -> bool:
        """Whether a plan that this version of the handler made can be run by this one."""
        return version == self.version or any(_covers(known, version) for known in self.compatible_versions)

    @abstractmethod
    def analyze(self, spec: Spec) -> Analysis:
        """Look at both sides, read-only. Raises DependencyUnavailable when one does not answer."""

    @abstractmethod
    def check(self, spec: Spec, analysis: Analysis) -> Sequence[Problem]:
        """Every reason why this cannot be planned, each with its field and a fix."""

    @abstractmethod
    def steps(self, spec: Spec, analysis: Analysis) -> Sequence[Step]: ...

    @abstractmethod
    def actions(self) -> Mapping[str, Action]: ...

    def routes(self, spec: Spec) -> Mapping[str, str]:
        """Names of the routes that it moves, by the field that gives each: one name belongs to one environment."""
        return {}

    def why_no_rehearsal(self, targets: Mapping[str, Target]) -> str:
        """Why a plan between these targets cannot be rehearsed, '' when it can. Their configuration says it."""
        return f"{self.label} cannot be rehearsed: it has no place to do so."

    def scratch(self, targets: Mapping[str, Target], run_id: int) -> Mapping[str, Target]:
        """The targets of a rehearsal: whatever is written to is a namespace that only this run uses.

        Raises ValidationFailed where `why_no_rehearsal` says something.
        """
        raise ValidationFailed(f"{self.why_no_rehearsal(targets)} Nothing was changed.")

    def background(self) -> Mapping[str, Background]:
        """By name, what may go on beside the steps while a run lives; an action asks for it with `ctx.live.want`."""
        return {}


def _covers(known: str, version: str) -> bool:
    """`1.4.*` covers 1.4 and whatever begins with `1.4.`."""
    if not known.endswith(".*"):
        return version == known
    return version == known[:-2] or version.startswith(known[:-1])
