"""A migration type as a third party would write it, and letting types into the registry for a test."""

import contextlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from migrations_app.engine.errors import DataCorruption, Problem
from migrations_app.engine.handler import Action, ActionContext, Handler, RiskCase, Spec, TargetRole
from migrations_app.engine.parameters import Field, FieldKind
from migrations_app.engine.plan import Analysis, Finding, Step
from migrations_app.engine.plan_template import PlanTemplate
from migrations_app.engine.vocabulary import MigrationType, StepKind, TargetKind
from migrations_app.handlers import registry
from migrations_app.handlers.registry import Custom


def stamp_of(ctx: ActionContext) -> Path:
    return Path(f"{ctx.targets['target'].config['path']}.stamp")


class Press(Action):
    """Writes `copies` stamps, one batch each."""

    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        copies = int(ctx.parameters["copies"])
        for number in range(int(ctx.checkpoint.get("pressed", 0)), copies):
            stamp_of(ctx).write_text(f"{ctx.parameters['text']}\n" * (number + 1))
            ctx.progress.save({"pressed": number + 1}, done=number + 1, total=copies, unit="stamps")
        return {"stamps": copies}

    def undo(self, ctx: ActionContext) -> None:
        stamp_of(ctx).unlink(missing_ok=True)

    def verify(self, ctx: ActionContext, result: Mapping[str, Any]) -> None:
        if stamp_of(ctx).read_text() != f"{ctx.parameters['text']}\n" * int(result["stamps"]):
            raise DataCorruption("The stamps differ.")


class Proofread(Action):
    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        return {"lines": len(stamp_of(ctx).read_text().splitlines())}


def loud(case: RiskCase) -> Iterator[Finding]:
    if case.spec.parameters["ink"] == "red":
        yield Finding("stamp.red", "Red ink", "ink is red", 20, "It cannot be washed off.", "Use black ink.")


class Stamp(Handler):
    name = "stamp"
    version = "1.2.0"
    type = MigrationType.CUSTOM
    label = "Stamping"
    summary = "Puts stamps beside a store."
    roles = (TargetRole("target", (TargetKind.SESSION_STORE,), "Store", "What is stamped."),)
    parameters = (
        Field("text", FieldKind.TEXT, "Text", required=True, max_length=40),
        Field("copies", FieldKind.INTEGER, "Copies", default=2, minimum=1, maximum=9, unit="stamps"),
        Field("ink", FieldKind.CHOICE, "Ink", default="black", choices=("black", "red")),
        Field("dry", FieldKind.BOOLEAN, "Let it dry", default=True),
    )
    unused_options = frozenset({"zero_downtime"})
    risk_rules = (loud,)
    templates = (
        PlanTemplate(
            name="twice",
            title="Stamp twice",
            when="You are in doubt.",
            does=("Stamps the store twice.",),
            downtime="none",
            reversible="yes",
            parameters={"text": "seen", "copies": 2},
        ),
    )

    def analyze(self, spec: Spec) -> Analysis:
        path = str(spec.targets["target"].config["path"])
        return Analysis({"path": path}, {"stamped": Path(f"{path}.stamp").exists()}, {"target": {"identity": path}})

    def check(self, spec: Spec, analysis: Analysis) -> Sequence[Problem]:
        if analysis.target_state["stamped"]:
            return (Problem("targets.target", "It is stamped already.", "Choose another store."),)
        return ()

    def steps(self, spec: Spec, analysis: Analysis) -> Sequence[Step]:
        return (
            Step("press", StepKind.MIGRATION, "Press the stamps", "press", undo_title="remove the stamps"),
            Step("proofread", StepKind.VERIFICATION, "Read them", "proofread", depends_on=("press",)),
        )

    def actions(self) -> Mapping[str, Action]:
        return {"press": Press(), "proofread": Proofread()}


class Impress(Press):
    """A stamp that only who knows the secret could have made."""

    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        secret = ctx.secrets["seal"]
        ctx.log.info(f"sealing with {secret}")
        stamp_of(ctx).write_text(seal_of(ctx.parameters["text"], secret))
        return {"sealed": len(ctx.secrets)}

    def verify(self, ctx: ActionContext, result: Mapping[str, Any]) -> None:
        if stamp_of(ctx).read_text() != seal_of(ctx.parameters["text"], ctx.secrets["seal"]):
            raise DataCorruption("It was sealed with another secret.")


def seal_of(text: str, secret: str) -> str:
    return hmac.digest(secret.encode(), text.encode(), "sha256").hex()


class SealedStamp(Stamp):
    """One whose parameters name stored secrets: `seal` has to, `spare` may."""

    name = "sealed_stamp"
    parameters = (
        *Stamp.parameters,
        Field("seal", FieldKind.SECRET, "Seal", required=True, help="What the stamp is made with."),
        Field("spare", FieldKind.SECRET, "Spare"),
    )

    def actions(self) -> Mapping[str, Action]:
        return {"press": Impress(), "proofread": Proofread()}


class OlderStamp(Stamp):
    """The release before."""

    version = "1.1.0"


class NewerStamp(Stamp):
    """One that still runs the plans of any 1."""

    version = "2.0.0"
    compatible_versions = ("1.*",)


class IncompatibleStamp(Stamp):
    version = "3.0.0"


@contextlib.contextmanager
def let_in(*kinds: type[Handler]) -> Iterator[None]:
    """These, and no others, are the custom types of this process."""
    before = registry.custom()
    registry.let_in(Custom({kind.name: kind for kind in kinds}, {kind.name: "a test" for kind in kinds}))
    try:
        yield
    finally:
        registry.let_in(before)
