import pytest

from migrations_app.beam.node import Atom
from migrations_app.engine.errors import StepFailed
from migrations_app.handlers.session.node.actions.watch import Watch
from migrations_app.handlers.session.node.sides import handing_over
from tests.handlers.session.contexts import context
from tests.node_callers import SERVER

TABLES = '[T || T <- ets:all(), is_atom(T), string:find(atom_to_list(T), "snakeweb") =/= nomatch]'


def test_it_may_be_done_again_and_undone_again(quiet):
    ctx = context(quiet.move, "watch")
    Watch().do(ctx)
    Watch().do(ctx)
    with handing_over(ctx) as over:
        quiet.create("a")
        assert [(mark.id, mark.count) for mark in over.marked()] == [("a", 1)]

    Watch().undo(ctx)
    Watch().undo(ctx)

    assert quiet.node.evaluate("code:is_loaded(snakeweb_node)") is False
    assert quiet.node.evaluate(TABLES) == []
    quiet.create("b")


def test_a_node_that_cannot_be_handed_over_is_left_as_it_was(quiet):
    public = """
    sys:replace_state(S, fun(X) -> ets:delete(snakepit_sessions),
        ets:new(snakepit_sessions, [named_table, public]), X end), ok
    """
    quiet.node.evaluate(public, S=Atom(SERVER))

    with pytest.raises(StepFailed, match="past the session server"):
        Watch().do(context(quiet.move, "watch"))
    assert quiet.node.evaluate(TABLES) == []
