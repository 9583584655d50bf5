import pytest

from migrations_app.engine.errors import ClaimConflict, ValidationFailed
from migrations_app.engine.ports import RouteRecord
from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.handlers.session.actions.prepare import Prepare
from tests.handlers.session.contexts import Notebook, context
from tests.handlers.session.moves import ROUTE, fill, sessions


def publish(move, phase, authority, **stores):
    move.routes.publish(RouteRecord(ROUTE, 4, phase, authority, stores), expected_epoch=None)


def undo(move, result):
    Prepare().undo(context(move, "prepare", results={"prepare": result}))


def test_a_new_route_begins_at_the_source(move):
    fill(move.source, sessions(12))

    result = Prepare().do(context(move, "prepare"))

    assert result["sessions"] == 12
    assert result["previous_route"] is None
    assert (move.route.phase, move.route.authority, move.route.epoch) == (RoutePhase.PLAIN_A, "a", 1)
    assert dict(move.route.stores) == {"a": move.source.name, "b": move.target.name}


def test_once_more_changes_nothing(move):
    first = Prepare().do(context(move, "prepare"))
    notebook = Notebook()
    again = Prepare().do(context(move, "prepare", progress=notebook, checkpoint={"previous_route": None}))

    assert again == first
    assert len(move.routes.published) == 1


def test_a_route_that_another_migration_left_is_turned_round_and_given_back(move):
    publish(move, RoutePhase.SINGLE_B, "b", a="older", b=move.source.name)

    result = Prepare().do(context(move, "prepare"))
    assert (move.route.phase, move.route.epoch) == (RoutePhase.PLAIN_A, 5)

    undo(move, result)
    assert (move.route.phase, move.route.authority, move.route.epoch) == (RoutePhase.SINGLE_B, "b", 6)
    assert dict(move.route.stores) == {"a": "older", "b": move.source.name}

    undo(move, result)
    assert move.route.epoch == 6


def test_undo_after_a_crash_goes_by_the_checkpoint(move):
    publish(move, RoutePhase.SINGLE_B, "b", a="older", b=move.source.name)
    notebook = Notebook()
    Prepare().do(context(move, "prepare", progress=notebook))

    Prepare().undo(context(move, "prepare", checkpoint=notebook.last))

    assert move.route.authority == "b"


def test_a_route_that_this_run_made_stays(move):
    undo(move, Prepare().do(context(move, "prepare")))

    assert (move.route.phase, move.route.authority) == (RoutePhase.PLAIN_A, "a")


def test_a_route_that_somebody_else_serves_is_refused(move):
    publish(move, RoutePhase.PLAIN_A, "a", a="another store")

    for attempt in (Prepare().do, Prepare().preview):
        with pytest.raises(ValidationFailed) as refused:
            attempt(context(move, "prepare"))
        assert refused.value.problems[0].field == "parameters.route"
    assert move.route.epoch == 4


def test_a_switch_under_way_is_not_disturbed(move):
    publish(move, RoutePhase.HANDOFF, "a", a=move.source.name)

    with pytest.raises(ClaimConflict):
        Prepare().do(context(move, "prepare"))


def test_undo_leaves_a_route_alone_that_is_elsewhere(move):
    publish(move, RoutePhase.SINGLE_B, "b", a="older", b=move.source.name)
    result = Prepare().do(context(move, "prepare"))
    move.routes.publish(RouteRecord(ROUTE, 9, RoutePhase.HANDOFF, "a", {}), expected_epoch=5)

    with pytest.raises(ClaimConflict):
        undo(move, result)


def test_a_preview_publishes_nothing(move):
    fill(move.source, sessions(3))

    assert Prepare().preview(context(move, "prepare", read_only=True))["sessions"] == 3
    assert move.route is None


def test_the_way_by_hand_names_route_and_source(move):
    (line,) = Prepare().manual_undo(context(move, "prepare"))

    assert ROUTE in line
    assert move.source.name in line
