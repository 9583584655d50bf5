from pathlib import Path

from migrations_app.engine.vocabulary import RunState
from migrations_app.testing.interposing import Call, InterposedHandler, Moment
from tests.handlers.config.places import BEFORE, Rewrite


def test_an_edit_between_snapshot_and_validation_stops_the_run(tmp_path: Path) -> None:
    rewrite = Rewrite(tmp_path)
    rewrite.lay()
    run = rewrite.begin()

    def edit(moment: Moment) -> None:
        if (moment.call, moment.step, moment.after) == (Call.DO, "validate", False):
            rewrite.lay({"prod.exs": b"import Config\n"})

    run.handler = InterposedHandler(rewrite.handler, edit, [step.id for step in run.plan.steps])
    view = run.finish()

    assert view.state is RunState.ROLLED_BACK
    error = view.step("validate").error
    assert (error["type"], "prod.exs" in error["message"]) == ("plan_is_stale", True)
    assert error["details"]["found_sha256"] != error["details"]["expected_sha256"]
    assert rewrite.contents == {**BEFORE, "prod.exs": b"import Config\n"}
