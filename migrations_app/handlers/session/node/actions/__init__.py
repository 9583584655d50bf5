"""The steps of handing over a live node: one module an action."""

from collections.abc import Mapping

from migrations_app.engine.handler import Action
from migrations_app.handlers.session.node.actions.forward import Forward
from migrations_app.handlers.session.node.actions.leave import Leave
from migrations_app.handlers.session.node.actions.prove import Prove
from migrations_app.handlers.session.node.actions.watch import Watch


def node_actions() -> Mapping[str, Action]:
    return {"node_watch": Watch(), "node_prove": Prove(), "node_forward": Forward(), "node_leave": Leave()}
