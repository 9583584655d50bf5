"""The steps of handing over a live node, whose calls are answered from another store afterwards."""

from collections.abc import Sequence

from migrations_app.engine.handler import Spec
from migrations_app.engine.plan import Analysis, Step
from migrations_app.engine.vocabulary import StepKind
from migrations_app.handlers.session.node.ways import why_gateway
from migrations_app.handlers.session.parameters import RELEASED, SOURCE, TARGET
from migrations_app.handlers.session.partitions import TRANSFER
from migrations_app.handlers.session.steps import SESSIONS_A_SECOND, first_steps

FORWARD = "node_forward"


def is_node(spec: Spec) -> bool:
    return spec.targets[SOURCE].config.get("store") == "beam"


def node_steps(spec: Spec, analysis: Analysis) -> Sequence[Step]:
    source, target = spec.targets[SOURCE].name, spec.targets[TARGET].name
    sessions = analysis.sizes.get("sessions", 0)
    once = 1 + sessions // SESSIONS_A_SECOND
    return (
        *first_steps(spec, analysis),
        Step(
            "watch",
            StepKind.PREPARATION,
            f"Mark from now on which sessions of {source} change",
            "node_watch",
            depends_on=("initialise",),
            undo_title="take marks and helper off the node",
            validation="The node takes code, and its session server marks every call.",
        ),
        Step(
            TRANSFER,
            StepKind.MIGRATION,
            f"Copy the sessions of {source} to {target} in batches",
            TRANSFER,
            depends_on=("watch",),
            estimated_seconds=once,
            volume=sessions,
            undo_title=f"remove the copies from {target}",
            partitioned=True,
        ),
        Step(
            "prove",
            StepKind.VERIFICATION,
            "Catch up by the marks, and compare every session both ways",
            "node_prove",
            depends_on=(TRANSFER,),
            estimated_seconds=once,
            volume=sessions,
            undo_title="nothing to undo",
            validation="Every key, value, deadline and sliding length is equal.",
        ),
        Step(
            "switch",
            StepKind.MIGRATION,
            f"Hand over: {source} stands still, the last changes go over, a forwarder takes its place",
            FORWARD,
            depends_on=("prove",),
            estimated_seconds=5,
            confirm=_question(source, target) if spec.parameters["hand_over"] == RELEASED else "",
            undo_title=f"bring back what {target} got since, and give {source} its own code again",
            validation=f"Calls that waited are answered from {target}, {_way(spec)}",
        ),
        Step(
            "complete",
            StepKind.CLEANUP,
            f"Complete: {source} keeps nothing of its own any more",
            "node_leave",
            depends_on=("switch",),
            reversible=False,
            undo_title="cannot be undone: what changes is not marked any more",
            confirm=(
                f"Let {target} serve alone? Until the node is started again its forwarder answers; a node that starts "
                f"again has its own store, empty. Deploy a release that is configured for {target} before that. From "
                "here on there is no way back but a new migration in the other direction."
            ),
        ),
    )


def _way(spec: Spec) -> str:
    if why := why_gateway(spec):
        return f"through the gateway at {spec.targets[SOURCE].config.get('gateway', '')}. {why}"
    return "which the node speaks to itself, under the route's fences."


def _question(source: str, target: str) -> str:
    return (
        f"Hand over now? Callers of {source} wait while the last changes go to {target}, up to “pause_limit_ms”; when "
        "that is not enough, nothing happens. Everything can be brought back until you complete."
    )
