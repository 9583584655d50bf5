"""What a driver tells whoever follows it."""

from collections.abc import Iterator
from contextlib import contextmanager

from migrations_app.engine.errors import StepFailed
from migrations_app.engine.following import followed_by, following
from migrations_app.engine.ports import Unfollowed
from migrations_app.engine.vocabulary import RunState
from migrations_app.testing.interposing import Call, Moment
from tests.engine.toy import World, local_run


class Follower(Unfollowed):
    def __init__(self) -> None:
        self.told: list[str] = []

    @contextmanager
    def step(self, step_id: str, *, attempt: int, partition: int = 0, undo: bool = False) -> Iterator[None]:
        what = f"{'undo' if undo else 'step'} {step_id}/{attempt}"
        try:
            yield
        except StepFailed:
            self.told.append(f"{what} failed")
            raise
        self.told.append(what)

    def batch(self, *, done: int, unit: str) -> None:
        self.told.append(f"batch {done}")


def test_nobody_follows_until_somebody_does() -> None:
    assert not following().calls
    with following().step("one", attempt=1), following().call("redis", "scan"):
        following().batch(done=1, unit="")
    follower = Follower()
    with followed_by(follower):
        assert following() is follower
    assert following() is not follower


def test_steps_batches_and_their_way_back_are_told_in_order() -> None:
    def hook(moment: Moment) -> None:
        if moment.call is Call.DO and moment.step == "switch" and not moment.after:
            raise StepFailed("It does not switch.")

    run, follower = local_run(World(), hook), Follower()
    with followed_by(follower):
        view = run.finish()
    assert view.state is RunState.ROLLED_BACK
    steps = [told for told in follower.told if not told.startswith("batch")]
    assert steps[:3] == ["step look/1", "step copy/1", "step switch/1 failed"]
    assert [told.split("/")[0] for told in steps[3:]] == ["undo switch", "undo copy", "undo look"]
    assert [told for told in follower.told if told.startswith("batch")]
