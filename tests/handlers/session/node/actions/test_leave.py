import pytest

from migrations_app.engine.errors import ClaimConflict
from migrations_app.handlers.session.node.actions.leave import Leave
from tests.handlers.session.contexts import context
from tests.handlers.session.node.conftest import World


def test_a_node_that_serves_itself_keeps_everything(quiet: World, follower):
    quiet.create("a")

    with pytest.raises(ClaimConflict, match="its own store"):
        Leave().do(context(quiet.move, "complete"))
    assert follower.over.watches()


@pytest.mark.parametrize(("cleaning", "left"), [(True, 0), (False, 3)])
def test_old_rows_go_when_that_was_asked_for(world: World, cleaning, left):
    world.create("a", "b", "c")
    world.move.spec.options["cleanup_source"] = cleaning

    run = world.move.run()

    assert run.result("complete")["removed"] == 3 - left
    assert world.node.evaluate("ets:info(snakepit_sessions, size)") == left
    assert world.answered([b"a", b"b", b"c"]).keys() == {b"a", b"b", b"c"}
    assert world.node.evaluate("code:is_loaded(snakeweb_node)") is False
