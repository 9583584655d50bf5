import pytest

from migrations_app.engine.errors import StepFailed
from migrations_app.handlers.session.analysis import analyse
from migrations_app.handlers.session.checks import problems_of
from migrations_app.handlers.session.node.sides import handing_over, why_no_hand_over
from tests.handlers.session.contexts import context

WITHOUT_COMPILER = "code:del_path(compiler), code:purge(compile), code:delete(compile), code:purge(compile), ok"


def test_a_node_that_takes_no_code_is_a_failed_step(quiet):
    quiet.node.evaluate(WITHOUT_COMPILER)

    with pytest.raises(StepFailed, match="has no compiler"), handing_over(context(quiet.move, "watch")) as over:
        over.watch()


def test_why_a_node_cannot_be_handed_over_is_known_before_anything_is_put_on_it(quiet):
    node = quiet.move.source
    assert why_no_hand_over(node) == ""
    quiet.node.evaluate(WITHOUT_COMPILER)

    assert "has no compiler" in why_no_hand_over(node)
    assert quiet.node.evaluate("code:is_loaded(snakeweb_node)") is False
    quiet.node.stop()
    assert "cannot be looked up" in why_no_hand_over(node)


def test_a_plan_for_a_node_that_takes_no_code_offers_the_maintenance_plan(quiet):
    quiet.node.evaluate(WITHOUT_COMPILER)

    (problem,) = problems_of(quiet.move.spec, analyse(quiet.move.spec))

    assert (problem.field, problem.code) == ("options.zero_downtime", "zero_downtime_unavailable")
    assert "has no compiler" in problem.message
    assert "maintenance plan" in problem.fix
