from migrations_app.handlers.session.node.actions.prove import Prove
from tests.handlers.session.contexts import Notebook, context


def test_it_says_what_was_compared_and_goes_on_from_its_checkpoint(quiet, follower):
    quiet.create(*(f"s{n}" for n in range(20)))
    notebook = Notebook()
    ctx = context(quiet.move, "prove", progress=notebook, checkpoint={"seq": 40, "carried": 7})

    result = Prove().do(ctx)

    assert (result["compared"], result["mismatches"], result["repaired"]) == (20, 0, 0)
    assert result["carried"] == 27
    assert result["seq"] > 40
    assert notebook.last["seq"] == result["seq"]
    assert Prove().preview(ctx) == {"sessions": 20}
