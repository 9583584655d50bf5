"""What whole runs do not show: an edit between two steps, and a directory that somebody uses."""

from migrations_app.engine.errors import StepFailed
from migrations_app.engine.vocabulary import RunState
from migrations_app.testing.interposing import Call, InterposedHandler, Moment
from tests.handlers.adapter.places import CODE, Shop, finished


def test_an_edit_before_the_calls_change_is_left_and_the_rest_is_taken_back(shop: Shop) -> None:
    run = shop.begin()

    def edit(moment: Moment) -> None:
        if (moment.call, moment.step, moment.after) == (Call.DO, "migrate_calls", False):
            (shop.root / "client/room.py").write_bytes(b"an edit\n")

    run.handler = InterposedHandler(shop.handler, edit, [step.id for step in run.plan.steps])

    view = finished(run, RunState.STUCK)

    assert (shop.root / "client/room.py").read_bytes() == b"an edit\n"
    assert (shop.root / "client/show.py").read_bytes() == CODE["client/show.py"]
    assert "client/room.py" in str(view.instructions)


def test_what_somebody_put_beside_the_package_stays(shop: Shop) -> None:
    run = shop.begin()

    def put(moment: Moment) -> None:
        if (moment.call, moment.step, moment.after) == (Call.DO, "verify", False):
            (shop.root / "generic_adapter/notes.txt").write_text("theirs")
            raise StepFailed("It was made to fail.")

    run.handler = InterposedHandler(shop.handler, put, [step.id for step in run.plan.steps])

    finished(run, RunState.ROLLED_BACK)

    assert [path.name for path in (shop.root / "generic_adapter").iterdir()] == ["notes.txt"]
