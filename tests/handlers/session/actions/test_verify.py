from datetime import timedelta

import pytest

from migrations_app.engine.crash_points import Crash, armed
from migrations_app.engine.errors import DataCorruption, DependencyUnavailable, IllegalTransition, StepFailed
from migrations_app.engine.interruptions import SliceOver
from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.handlers.session import route
from migrations_app.handlers.session.actions.switch import Switch
from migrations_app.handlers.session.actions.verify import Verify
from migrations_app.handlers.session.pause import FORWARD, release
from migrations_app.stores.sessions.records import SessionRecord
from tests.handlers.session.contexts import Notebook, context
from tests.handlers.session.moves import SEEDER, Move, content, fill, opened, place, sessions


@pytest.fixture
def paused(redis_place):
    """Level, and writes wait; `results` are what the switch told."""
    move = Move(redis_place(), redis_place(), options={"batch_size": 50})
    fill(move.source, sessions(120))
    fill(move.target, [])
    move.results = {"switch": Switch().do(context(move, route=(RoutePhase.PLAIN_A, "a")))}
    return move


def verify(move, **values):
    return Verify().do(context(move, "verify", results=move.results, **values))


def test_equal_stores_let_the_target_serve(paused):
    result = verify(paused)

    assert (paused.route.phase, paused.route.authority) == (RoutePhase.SINGLE_B, "b")
    assert paused.route.handoff_deadline is None
    assert result["compared"] == 120
    assert result["mismatches"] == 0
    assert result["source_digest"] == result["target_digest"]
    assert result["route_epoch"] == paused.route.epoch
    assert result["downtime"] >= 0


def test_a_difference_releases_the_writes_before_it_is_told(paused):
    with opened(paused.target) as store:
        store.delete(["s-0000001"], SEEDER)

    with pytest.raises(DataCorruption) as refused:
        verify(paused)

    assert (paused.route.phase, paused.route.authority) == (RoutePhase.PLAIN_A, "a")
    assert refused.value.details["kinds"] == {"missing": 1}


def test_a_driver_that_died_after_the_publication_left_it_done(paused):
    notebook = Notebook()
    with armed("session.verify.published:raise"), pytest.raises(Crash):
        verify(paused, progress=notebook)
    with opened(paused.target) as store:
        store.apply([SessionRecord("written since", b"x")], SEEDER)

    result = verify(paused, checkpoint=notebook.last, token=2)

    assert result["compared"] == 120
    assert paused.route.epoch == result["route_epoch"]


def test_a_driver_that_died_before_the_publication_verifies_anew(paused):
    notebook = Notebook()
    with armed("session.verify.compared:raise"), pytest.raises(Crash):
        verify(paused, progress=notebook)
    assert paused.route.phase is RoutePhase.HANDOFF
    with opened(paused.target) as store:
        store.delete(["s-0000001"], SEEDER)

    with pytest.raises(DataCorruption):
        verify(paused, checkpoint=notebook.last, token=2)


def test_a_replaced_driver_cannot_publish(paused):
    class Replaced(Notebook):
        def save(self, checkpoint, **values):
            super().save(checkpoint, **values)
            if "verified" in checkpoint:
                release(context(paused), FORWARD)  # the successor rolled back meanwhile

    with pytest.raises(IllegalTransition):
        verify(paused, progress=Replaced())

    assert paused.route.authority == "a"


def test_a_pause_that_was_given_up_is_taken_again_with_a_last_pass(paused):
    release(context(paused), FORWARD)
    fill(paused.source, sessions(5, prefix="meanwhile"))

    result = verify(paused)

    assert paused.route.phase is RoutePhase.SINGLE_B
    assert result["compared"] == 125
    assert content(paused.target) == content(paused.source)


def test_a_pause_about_to_end_is_not_trusted(paused):
    paused.spec.parameters["write_pause_limit_ms"] = 2500
    paused.results = {"switch": Switch().do(context(paused, token=2))}
    epoch = paused.route.epoch
    paused.spec.parameters["write_pause_limit_ms"] = 60_000
    paused.clock = Later(600)

    verify(paused, token=3)

    assert paused.route.phase is RoutePhase.SINGLE_B
    assert paused.route.epoch > epoch + 1


class Later:
    def __init__(self, ms):
        self._real = Move.__dataclass_fields__["clock"].default_factory()
        self._ms = ms

    def now(self):
        return self._real.now() + timedelta(milliseconds=self._ms)

    def monotonic(self):
        return self._real.monotonic()


def test_a_limit_that_is_too_short_gives_up_and_writes_go_on(paused):
    paused.spec.parameters["write_pause_limit_ms"] = 1
    paused.results = {}

    with pytest.raises(StepFailed, match="write_pause_limit_ms"):
        verify(paused, token=2)

    assert (paused.route.phase, paused.route.authority) == (RoutePhase.PLAIN_A, "a")


def test_a_store_that_goes_away_releases_the_writes_and_may_be_retried(disposable_redis, sqlite_place):
    source = place(disposable_redis.config(), disposable_redis.secrets)
    move = Move(source, sqlite_place())
    fill(move.source, sessions(20))
    fill(move.target, [])
    results = {"switch": Switch().do(context(move, route=(RoutePhase.PLAIN_A, "a")))}
    prepared = context(move, "verify", results=results, token=2)
    disposable_redis.stop()

    with pytest.raises(DependencyUnavailable):
        Verify().do(prepared)
    assert move.route.phase is RoutePhase.PLAIN_A

    disposable_redis.start()
    assert Verify().do(prepared)["mismatches"] == 0


def test_the_end_of_a_slice_does_not_keep_writes_waiting_longer(paused):
    class Short(Notebook):
        def save(self, checkpoint, **values):
            super().save(checkpoint, **values)
            raise SliceOver

    assert verify(paused, progress=Short())["mismatches"] == 0


def test_a_preview_counts(paused):
    assert Verify().preview(context(paused, "verify")) == {"sessions": 120}


def test_its_undo_is_the_switchs(paused):
    verify(paused)
    Verify().undo(context(paused, "verify"))

    assert paused.route.authority == "b"
    assert "switch" in Verify().manual_undo(context(paused, "verify"))[0]
    assert route.current(context(paused)).epoch == paused.route.epoch
