"""The steps of a zero-downtime session migration: one module an action."""

from collections.abc import Mapping

from migrations_app.engine.handler import Action
from migrations_app.handlers.session.zero_downtime.actions.backfill import Backfill
from migrations_app.handlers.session.zero_downtime.actions.complete import Complete
from migrations_app.handlers.session.zero_downtime.actions.dual_write import DualWrite
from migrations_app.handlers.session.zero_downtime.actions.join import Join
from migrations_app.handlers.session.zero_downtime.actions.journal import Journal
from migrations_app.handlers.session.zero_downtime.actions.prove import Prove
from migrations_app.handlers.session.zero_downtime.actions.retire import Retire
from migrations_app.handlers.session.zero_downtime.actions.switch import Switch


def zero_downtime_actions() -> Mapping[str, Action]:
    """By the names that the steps use. Their `switch` has a name of its own: standard mode has one too."""
    return {
        "join": Join(),
        "journal": Journal(),
        "dual_write": DualWrite(),
        "backfill": Backfill(),
        "prove": Prove(),
        "switch_in_waves": Switch(),
        "complete": Complete(),
        "retire": Retire(),
    }
