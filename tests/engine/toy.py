"""A small real migration over a world of dicts: what the engine's tests migrate."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from migrations_app.engine import options
from migrations_app.engine.errors import DataCorruption, Problem
from migrations_app.engine.handler import Action, ActionContext, Handler, Spec, TargetRole
from migrations_app.engine.parameters import Field, FieldKind
from migrations_app.engine.plan import Analysis, Plan, Step, Target
from migrations_app.engine.planner import create_plan
from migrations_app.engine.vocabulary import MigrationType, StepKind, TargetKind
from migrations_app.testing.driving import LocalRun
from migrations_app.testing.interposing import Hook, InterposedHandler

ITEMS = 6


@dataclass
class World:
    """Two shelves and who serves. `done` counts the effects by name, repetitions included.

    `scratch` is the shelf of a rehearsal; `kept_from_cleaning` makes its clean-up fail.
    """

    source: dict[int, str] = field(default_factory=lambda: {n: f"v{n}" for n in range(ITEMS)})
    target: dict[int, str] = field(default_factory=dict)
    serving: str = "source"
    done: list[str] = field(default_factory=list)
    scratch: dict[int, str] = field(default_factory=dict)
    kept_from_cleaning: bool = False

    def snapshot(self) -> tuple[dict[int, str], dict[int, str], str]:
        return dict(self.source), dict(self.target), self.serving


class ToyAction(Action):
    def __init__(self, world: World) -> None:
        self.world = world

    def preview(self, ctx: ActionContext) -> Mapping[str, Any]:
        assert ctx.read_only
        return {"would": ctx.step.action}


class Look(ToyAction):
    not_proven = ""

    def rehearse(self, ctx: ActionContext) -> Mapping[str, Any]:
        return self.do(ctx)

    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        self.world.done.append("look")
        ctx.log.info(f"{len(self.world.source)} items are there.")
        return {"items": len(self.world.source)}


class Copy(ToyAction):
    not_proven = ""
    leaves_scratch = True

    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        return self._copy(ctx, self.world.target)

    def rehearse(self, ctx: ActionContext) -> Mapping[str, Any]:
        assert ctx.targets["target"].config["host"] == f"scratch-{ctx.run_id}"
        assert ctx.originals["target"].config["host"] == "target"
        return self._copy(ctx, self.world.scratch)

    def clean_up(self, ctx: ActionContext) -> None:
        if self.world.kept_from_cleaning:
            raise RuntimeError("the shelf is locked")
        for count, key in enumerate(sorted(self.world.scratch), 1):
            self.world.scratch.pop(key)
            ctx.progress.save({"removed": key}, done=count, unit="items")

    def manual_clean_up(self, ctx: ActionContext) -> Sequence[str]:
        return ("Empty the shelf of the rehearsal.",)

    def _copy(self, ctx: ActionContext, shelf: dict[int, str]) -> Mapping[str, Any]:
        mine = [key for key in sorted(self.world.source) if key % ctx.partitions == ctx.partition]
        start = ctx.checkpoint.get("next", 0)
        size = ctx.options["batch_size"]
        for at in range(start, len(mine), size):
            for key in mine[at : at + size]:
                shelf[key] = self.world.source[key]
                self.world.done.append(f"copy {key}")
            following = min(at + size, len(mine))
            ctx.progress.save({"next": following}, done=following, total=len(mine), unit="items", counters={"kept": 1})
        return {"copied": len(mine)}

    def undo(self, ctx: ActionContext) -> None:
        for count, key in enumerate(sorted(self.world.target), 1):
            self.world.target.pop(key)
            ctx.progress.save({"removed": key}, done=count, unit="items")


class Switch(ToyAction):
    not_proven = "That the target serves."

    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        self.world.serving = "target"
        self.world.done.append("switch")
        ctx.progress.alive()
        return {"downtime": 7}

    def undo(self, ctx: ActionContext) -> None:
        self.world.serving = "source"

    def verify(self, ctx: ActionContext, result: Mapping[str, Any]) -> None:
        if self.world.target != self.world.source:
            raise DataCorruption("The shelves differ.", details={"differ": 1})

    def manual_undo(self, ctx: ActionContext) -> Sequence[str]:
        return ("Let the source serve again.", f"Restart what reads “{ctx.targets['source'].name}”.")


class Clean(ToyAction):
    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        self.world.source.clear()
        self.world.done.append("clean")
        return {"cleaned": ITEMS}

    def undo(self, ctx: ActionContext) -> None:
        self.world.source.update(self.world.target)


class ToyHandler(Handler):
    name = "toy"
    version = "1"
    type = MigrationType.CUSTOM
    label = "Toy"
    summary = "Moves items between two shelves."
    roles = (
        TargetRole("source", (TargetKind.SESSION_STORE,), "Source"),
        TargetRole("target", (TargetKind.SESSION_STORE,), "Target"),
    )
    parameters = (Field("depth", FieldKind.INTEGER, "Depth", default=1, minimum=1, maximum=9),)

    def __init__(self, world: World) -> None:
        self.world = world

    def analyze(self, spec: Spec) -> Analysis:
        return Analysis(
            source_state={"items": len(self.world.source)},
            target_state={"items": len(self.world.target)},
            fingerprints={"source": {"identity": "s"}, "target": {"identity": "t"}},
            sizes={"items": len(self.world.source)},
        )

    def check(self, spec: Spec, analysis: Analysis) -> Sequence[Problem]:
        return ()

    def steps(self, spec: Spec, analysis: Analysis) -> Sequence[Step]:
        return (
            Step("look", StepKind.PREPARATION, "Look at the shelves", "look"),
            Step(
                "copy",
                StepKind.MIGRATION,
                "Copy the items",
                "copy",
                depends_on=("look",),
                estimated_seconds=10,
                undo_title="remove the copies",
                partitioned=True,
            ),
            Step(
                "switch",
                StepKind.VERIFICATION,
                "Let the target serve",
                "switch",
                depends_on=("copy",),
                undo_title="let the source serve",
                validation="Both shelves hold the same.",
            ),
            Step(
                "clean",
                StepKind.CLEANUP,
                "Empty the source",
                "clean",
                depends_on=("switch",),
                undo_title="fill the source again",
                confirm="clean" if spec.options["cleanup_source"] else "",
            ),
        )

    def why_no_rehearsal(self, targets: Mapping[str, Target]) -> str:
        return "" if targets["target"].config["host"] != "nowhere" else "There is no room for a shelf."

    def scratch(self, targets: Mapping[str, Target], run_id: int) -> Mapping[str, Target]:
        if self.why_no_rehearsal(targets):
            return super().scratch(targets, run_id)
        beside = replace(targets["target"], config={"host": f"scratch-{run_id}"})
        return {**targets, "target": beside}

    def actions(self) -> Mapping[str, Action]:
        return {
            "look": Look(self.world),
            "copy": Copy(self.world),
            "switch": Switch(self.world),
            "clean": Clean(self.world),
        }


def target(number: int, role: str, **changes: Any) -> Target:
    values: dict[str, Any] = {
        "id": number,
        "name": f"shelf-{role}",
        "kind": TargetKind.SESSION_STORE,
        "environment": "staging",
        "config": {"host": role},
        "secrets": {"password": f"{role}-secret-word"},
    }
    return Target(**{**values, **changes})


def spec(**changes: Any) -> Spec:
    """A checked wish; `options` are changes to small defaults (batches of 2, inline)."""
    chosen = {**options.defaults(), "batch_size": 2, "parallel_workers": 1, **changes.pop("options", {})}
    values: dict[str, Any] = {
        "type": MigrationType.CUSTOM,
        "handler": "toy",
        "environment": "staging",
        "protected": False,
        "targets": {"source": target(1, "source"), "target": target(2, "target")},
        "parameters": {"depth": 1},
        "options": chosen,
    }
    return Spec(**{**values, **changes})


def plan(world: World | None = None, **chosen: Any) -> Plan:
    return create_plan(spec(options=chosen), ToyHandler(world or World())).plan


def local_run(
    world: World, hook: Hook | None = None, *, chosen: Mapping[str, Any] | None = None, **how: Any
) -> LocalRun:
    """A queued run over `world`; `chosen` are options, `how` goes to LocalRun."""
    wish = spec(options=dict(chosen or {}))
    handler: Handler = ToyHandler(world)
    made = create_plan(wish, handler).plan
    if hook is not None:
        handler = InterposedHandler(handler, hook, [step.id for step in made.steps])
    return LocalRun(handler, made, wish.targets, **how)
