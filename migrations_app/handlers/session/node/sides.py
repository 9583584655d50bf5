"""The node's side of a hand-over, opened for an action."""

from collections.abc import Iterator
from contextlib import contextmanager

from migrations_app.beam.code import CodeRefused
from migrations_app.engine.errors import MigrationError, StepFailed
from migrations_app.engine.handler import ActionContext
from migrations_app.engine.plan import Target
from migrations_app.handlers.session.parameters import SOURCE
from migrations_app.stores.sessions.beam.hand_over import NodeHandOver, open_hand_over


@contextmanager
def handing_over(ctx: ActionContext) -> Iterator[NodeHandOver]:
    """With our helper on the node. Raises StepFailed when it takes no code of ours."""
    node = ctx.targets[SOURCE]
    with open_hand_over(node.config, node.secrets) as over:
        try:
            over.load()
            yield over
        except CodeRefused as refusal:
            raise StepFailed(f"“{node.name}” cannot be handed over: {refusal}. Its store goes on as it was.") from None


def why_no_hand_over(node: Target) -> str:
    """Why this node cannot be handed over while it serves; '' when it can. Changes nothing on it."""
    try:
        with open_hand_over(node.config, node.secrets) as over:
            return over.why_not()
    except MigrationError as error:
        return error.message.rstrip(".")
