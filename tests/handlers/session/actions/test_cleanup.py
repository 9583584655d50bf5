from contextlib import suppress

import pytest

from migrations_app.engine.errors import ClaimConflict
from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.handlers.session.actions.cleanup import Cleanup
from tests.handlers.session.contexts import Notebook, context
from tests.handlers.session.moves import Move, content, fill, sessions

SERVED_BY_TARGET = (RoutePhase.SINGLE_B, "b")


class Stop(BaseException):
    """The worker dies."""


@pytest.fixture
def switched(redis_place):
    """The target holds all but ten of the source's sessions."""
    move = Move(redis_place(), redis_place(), options={"cleanup_source": True, "batch_size": 40})
    records = sessions(150)
    fill(move.source, records)
    fill(move.target, records[10:])
    return move


def test_what_the_target_holds_is_removed_and_the_rest_is_reported(switched):
    ctx = context(switched, "cleanup", route=SERVED_BY_TARGET)

    assert Cleanup().do(ctx) == {"removed": 140, "left": 10}

    assert len(content(switched.source)) == 10
    assert len(content(switched.target)) == 140
    assert "10 session(s) stay" in ctx.log.lines[-1]


def test_it_goes_on_from_every_checkpoint(switched):
    before = sessions(150)
    whole = Notebook()
    Cleanup().do(context(switched, "cleanup", route=SERVED_BY_TARGET, progress=whole))

    for at in range(1, len(whole.saved) + 1):
        fill(switched.source, before)
        notebook = Notebook({at: Stop()})
        with suppress(Stop):  # a scan of Redis may need one page less than it needed before
            Cleanup().do(context(switched, "cleanup", token=2 * at, progress=notebook))
        Cleanup().do(context(switched, "cleanup", token=2 * at + 1, checkpoint=notebook.last))
        assert len(content(switched.source)) == 10


def test_switched_off_it_touches_nothing(move):
    fill(move.source, sessions(5))
    ctx = context(move, "cleanup", route=SERVED_BY_TARGET)

    assert Cleanup().do(ctx)["removed"] == 0
    assert Cleanup().preview(ctx)["skipped"]
    Cleanup().undo(context(move, "cleanup", results={"cleanup": Cleanup().do(ctx)}))
    assert len(content(move.source)) == 5


def test_a_source_that_serves_again_is_not_touched(switched):
    with pytest.raises(ClaimConflict, match="nothing was removed"):
        Cleanup().do(context(switched, "cleanup", route=(RoutePhase.PLAIN_A, "a")))

    assert len(content(switched.source)) == 150


def test_undo_brings_the_sessions_back(switched):
    result = Cleanup().do(context(switched, "cleanup", route=SERVED_BY_TARGET))

    Cleanup().undo(context(switched, "cleanup", token=2, results={"cleanup": result}))

    assert content(switched.source) == content(switched.target)


def test_undo_goes_on_from_every_checkpoint(switched):
    whole = Notebook()
    Cleanup().undo(context(switched, "cleanup", route=SERVED_BY_TARGET, progress=whole))

    for token, checkpoint in enumerate(whole.saved, start=2):
        Cleanup().undo(context(switched, "cleanup", token=token, checkpoint=checkpoint))
        assert content(switched.source) == content(switched.target)


def test_undo_never_writes_over_a_source_that_serves(switched):
    held = content(switched.source)

    Cleanup().undo(context(switched, "cleanup", route=(RoutePhase.PLAIN_A, "a")))

    assert content(switched.source) == held


def test_a_preview_counts_what_would_go(switched):
    assert Cleanup().preview(context(switched, "cleanup")) == {"would_remove": 150}


def test_the_way_by_hand_names_both(switched):
    (line,) = Cleanup().manual_undo(context(switched, "cleanup"))

    assert switched.source.name in line
    assert switched.target.name in line
