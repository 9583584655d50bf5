from migrations_app.handlers.data.handler import DataMigration
from migrations_app.handlers.data.live.composing import live_actions, live_background
from migrations_app.handlers.data.live.keeping import KEEPER


def test_every_live_step_has_its_action_in_the_handler():
    assert set(live_actions()) <= set(DataMigration().actions())
    assert KEEPER in live_background()
