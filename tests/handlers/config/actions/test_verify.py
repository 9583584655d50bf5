from pathlib import Path

from migrations_app.engine.vocabulary import RunState
from migrations_app.testing.interposing import Call, InterposedHandler, Moment
from tests.handlers.config.places import Rewrite


def test_a_byte_that_differs_after_the_write_is_named_and_not_overwritten(tmp_path: Path) -> None:
    rewrite = Rewrite(tmp_path)
    rewrite.lay()
    run = rewrite.begin()

    def flip(moment: Moment) -> None:
        if (moment.call, moment.step, moment.after) == (Call.DO, "verify", False):
            rewrite.lay({"config.exs": rewrite.contents["config.exs"] + b" "})

    run.handler = InterposedHandler(rewrite.handler, flip, [step.id for step in run.plan.steps])
    view = run.finish()

    assert view.step("verify").error["type"] == "data_corruption"
    assert "config.exs" in view.step("verify").error["message"]
    assert view.state is RunState.STUCK, "what somebody else wrote there is a person's to judge"
    assert rewrite.contents["config.exs"].endswith(b" ")
