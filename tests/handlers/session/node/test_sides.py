import pytest

from migrations_app.engine.errors import StepFailed
from migrations_app.handlers.session.node.sides import gateway_of, handing_over
from tests.handlers.session.contexts import context


def test_the_gateway_is_the_targets_and_its_token_a_credential(world):
    ctx = context(world.move, "switch")

    assert gateway_of(ctx) == (world.move.source.config["gateway"], "callers")


def test_a_node_that_takes_no_code_is_a_failed_step(quiet):
    without = "code:del_path(compiler), [begin code:purge(M), code:delete(M), code:purge(M) end || M <- [compile]], ok"
    quiet.node.evaluate(without)

    with pytest.raises(StepFailed, match="has no compiler"), handing_over(context(quiet.move, "watch")) as over:
        over.watch()
