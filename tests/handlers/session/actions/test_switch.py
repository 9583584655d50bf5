import pytest

from migrations_app.engine.errors import IllegalTransition, StepFailed
from migrations_app.engine.interruptions import Cancelled, SliceOver
from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.handlers.session.actions.switch import Switch
from migrations_app.handlers.session.pause import Pause
from tests.handlers.session.contexts import Notebook, context
from tests.handlers.session.moves import ROUTE, Move, content, fill, sessions

PLAIN = (RoutePhase.PLAIN_A, "a")


@pytest.fixture
def copied(redis_place):
    move = Move(redis_place(), redis_place(), options={"batch_size": 50}, parameters={"catch_up_passes": 2})
    records = sessions(150)
    fill(move.source, records)
    fill(move.target, [*records[:100], *sessions(20, prefix="gone")])
    return move


def test_the_target_is_level_and_writes_wait(copied):
    result = Switch().do(context(copied, route=PLAIN))

    assert content(copied.target) == content(copied.source)
    assert (copied.route.phase, copied.route.authority) == (RoutePhase.HANDOFF, "a")
    assert result["caught_up"] == 70
    assert result["levelled"] == 0
    assert Pause.from_dict(result["pause"]).epoch == copied.route.epoch


def test_a_second_attempt_ends_the_same(copied):
    Switch().do(context(copied, route=PLAIN))

    Switch().do(context(copied, token=2))

    assert content(copied.target) == content(copied.source)
    assert copied.route.phase is RoutePhase.HANDOFF


def test_it_goes_on_from_every_checkpoint(copied):
    whole = Notebook()
    Switch().do(context(copied, route=PLAIN, progress=whole))

    for token, checkpoint in enumerate(whole.saved, start=2):
        Switch().do(context(copied, token=token, checkpoint=checkpoint))
        assert content(copied.target) == content(copied.source)


def test_a_slice_that_ends_while_writes_wait_does_not_stop_it(copied):
    notebook = WhileWritesWait(copied, SliceOver)

    Switch().do(context(copied, route=PLAIN, progress=notebook))

    assert notebook.raised
    assert copied.route.phase is RoutePhase.HANDOFF


def test_a_cancellation_while_writes_wait_releases_them(copied):
    notebook = WhileWritesWait(copied, Cancelled)

    with pytest.raises(Cancelled):
        Switch().do(context(copied, route=PLAIN, progress=notebook))

    assert copied.route.phase is RoutePhase.PLAIN_A


class WhileWritesWait(Notebook):
    """Raises at each save that is made while the route is paused."""

    def __init__(self, move, interruption):
        super().__init__()
        self._move, self._interruption = move, interruption
        self.raised = 0

    def save(self, checkpoint, **values):
        super().save(checkpoint, **values)
        if self._move.route.phase is RoutePhase.HANDOFF:
            self.raised += 1
            raise self._interruption


class Failing(Notebook):
    def __init__(self, move):
        super().__init__()
        self._move = move

    def alive(self):
        if self._move.route.phase is RoutePhase.HANDOFF:
            raise StepFailed


def test_a_failure_while_writes_wait_releases_them(copied):
    with pytest.raises(StepFailed):
        Switch().do(context(copied, route=PLAIN, progress=Failing(copied)))

    assert (copied.route.phase, copied.route.authority) == PLAIN


def test_it_never_writes_over_a_target_that_serves(copied):
    held = content(copied.target)

    with pytest.raises(IllegalTransition):
        Switch().do(context(copied, route=(RoutePhase.SINGLE_B, "b")))

    assert content(copied.target) == held


def test_undo_before_the_route_exists_is_nothing(move):
    Switch().undo(context(move))

    assert move.route is None


def test_undo_while_writes_wait_is_one_publication(copied):
    Switch().do(context(copied, route=PLAIN))

    for _ in range(2):
        Switch().undo(context(copied, token=2))

    assert (copied.route.phase, copied.route.authority) == PLAIN
    assert copied.route.epoch == 3


@pytest.mark.parametrize("phase", [RoutePhase.SINGLE_B, RoutePhase.HANDOFF_BACK])
def test_undo_after_the_switch_brings_everything_back(copied, phase):
    Switch().undo(context(copied, route=(phase, "b")))

    assert content(copied.source) == content(copied.target)
    assert len(content(copied.source)) == 120
    assert (copied.route.phase, copied.route.authority) == PLAIN


def test_a_preview_tells_the_epoch(copied):
    assert Switch().preview(context(copied)) == {"route_epoch": 0, "sessions": 150}
    assert Switch().preview(context(copied, route=PLAIN))["route_epoch"] == 1


def test_the_way_by_hand_covers_both_cases(copied):
    text = " ".join(Switch().manual_undo(context(copied)))

    assert ROUTE in text
    assert "authority is a" in text
    assert "authority is b" in text
