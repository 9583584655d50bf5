from hypothesis import given
from hypothesis import strategies as st

from migrations_app.engine.ordering import topological
from migrations_app.engine.plan import Step
from migrations_app.engine.vocabulary import StepKind


def step(name: str, *depends_on: str) -> Step:
    return Step(name, StepKind.MIGRATION, name, "act", depends_on=depends_on)


def test_dependencies_come_first_and_the_rest_keeps_its_order() -> None:
    ordered, problems = topological([step("c", "b"), step("a"), step("b"), step("d")])
    assert [each.id for each in ordered] == ["a", "b", "c", "d"]
    assert problems == []


def test_a_cycle_is_refused_and_named() -> None:
    ordered, problems = topological([step("a"), step("b", "c"), step("c", "b")])
    assert ordered == ()
    assert [(p.field, p.code) for p in problems] == [("steps.b", "cycle")]
    assert "b, c" in problems[0].message


def test_every_broken_reference_is_named_at_once() -> None:
    _, problems = topological([step("a", "x", "y"), step("a")])
    assert [p.code for p in problems] == ["duplicate", "unknown_step", "unknown_step"]


@given(st.integers(1, 12).flatmap(lambda n: st.tuples(st.permutations(range(n)), st.data())))
def test_any_graph_without_a_cycle_is_ordered(drawn: tuple[list[int], st.DataObject]) -> None:
    order, data = drawn
    rank = {node: place for place, node in enumerate(order)}
    steps = [
        step(str(node), *(str(other) for other in order if rank[other] < rank[node] and data.draw(st.booleans())))
        for node in range(len(order))
    ]
    ordered, problems = topological(steps)
    assert problems == []
    places = {each.id: place for place, each in enumerate(ordered)}
    assert all(places[name] < places[each.id] for each in ordered for name in each.depends_on)
    assert topological(ordered)[0] == ordered
