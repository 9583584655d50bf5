"""What a hand-over of a node is made of."""

from dataclasses import replace

from migrations_app.handlers.session.node.steps import is_node, node_steps
from tests.handlers.session.risk_cases import analysis, spec
from tests.handlers.session.test_checks import store

OTHER = store(8, "new", store="sqlite", path="/srv/s.db", codec="etf")
NODE = store(9, "snakepit", store="beam", node="snakepit@h", gateway="http://h:1")


def test_everything_but_the_end_can_be_undone():
    steps = node_steps(spec(targets={"source": NODE, "target": spec().targets["target"]}), analysis())

    assert [step.id for step in steps][-5:] == ["watch", "transfer", "prove", "switch", "complete"]
    assert [step.id for step in steps if not step.reversible] == ["complete"]
    assert "starts again has its own store, empty" in steps[-1].confirm


def test_the_hand_over_says_by_which_way_calls_are_answered():
    redis = store(8, "new", store="redis", host="h", codec="etf")
    steps = {step.id: step for step in node_steps(spec(targets={"source": NODE, "target": redis}), analysis())}
    assert "which the node speaks to itself" in steps["switch"].validation

    steps = {step.id: step for step in node_steps(spec(targets={"source": NODE, "target": OTHER}), analysis())}
    assert "through the gateway at http://h:1. “new” is no Redis store." in steps["switch"].validation


def test_a_person_releases_it_when_the_plan_says_so():
    sides = {"source": NODE, "target": spec().targets["target"]}
    released = node_steps(spec(targets=sides, parameters={"hand_over": "released"}), analysis())
    automatic = node_steps(spec(targets=sides), analysis())

    assert [step.id for step in released if step.confirm] == ["switch", "complete"]
    assert [step.id for step in automatic if step.confirm] == ["complete"]


def test_a_node_is_a_source_of_that_kind():
    wanted = spec()
    assert not is_node(wanted)
    assert is_node(replace(wanted, targets={**wanted.targets, "source": NODE}))
