"""What the data migration takes from here: actions by name, and background work."""

from collections.abc import Mapping

from migrations_app.engine.background import Background
from migrations_app.engine.handler import Action
from migrations_app.handlers.data.live import steps
from migrations_app.handlers.data.live.actions.catch_up import CatchUpStep
from migrations_app.handlers.data.live.actions.follow import Follow, NoteColumn
from migrations_app.handlers.data.live.actions.hand_over import HandOver
from migrations_app.handlers.data.live.actions.install import InstallLog
from migrations_app.handlers.data.live.actions.retire import Retire
from migrations_app.handlers.data.live.actions.switch import Switch
from migrations_app.handlers.data.live.keeping import KEEPER, Keeper


def live_actions() -> Mapping[str, Action]:
    return {
        steps.INSTALL: InstallLog(),
        steps.NOTE: NoteColumn(),
        steps.CATCH_UP: CatchUpStep(),
        steps.FOLLOW: Follow(until_near=True),
        steps.STOP: Follow(until_near=False),
        steps.HAND_OVER: HandOver(),
        steps.SWITCH: Switch(),
        steps.RETIRE: Retire(),
    }


def live_background() -> Mapping[str, Background]:
    return {KEEPER: Keeper()}
