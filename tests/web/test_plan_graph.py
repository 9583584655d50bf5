from dataclasses import replace

from migrations_app.engine.vocabulary import StepKind
from migrations_app.selectors.plans import RollbackStepRow, StepRow
from migrations_app.web.plan_graph import LETTER, MARGIN, WIDE, layers_of, plan_graph


def step(number: int, step_id: str, *needs: str, reversible: bool = True, undo: str = "put it back") -> StepRow:
    return StepRow(
        number, step_id, StepKind.MIGRATION, f"Do {step_id}", "act", (), needs, 5, reversible, undo, "", False, ""
    )


def back_of(steps: list[StepRow]) -> list[RollbackStepRow]:
    return [
        RollbackStepRow(number, f"undo.{s.id}", s.id, s.title, s.undo_title, 1)
        for number, s in enumerate(reversed([s for s in steps if s.reversible]), 1)
    ]


CHAIN = [step(1, "prepare", undo="nothing to undo"), step(2, "copy", "prepare"), step(3, "switch", "copy")]
DIAMOND = [step(1, "a"), step(2, "b", "a"), step(3, "c", "a"), step(4, "d", "b", "c"), step(5, "e", "d", "a")]


def test_a_chain_is_one_lane_from_left_to_right() -> None:
    graph = plan_graph(CHAIN, back_of(CHAIN))

    assert len({node.y for node in graph.nodes}) == 1
    assert [node.x for node in graph.nodes] == sorted(node.x for node in graph.nodes)
    assert len(graph.edges) == 2
    assert all("H" in edge for edge in graph.edges)
    assert graph.described == "3 steps one after the other. The way back undoes all of them, newest first."


def test_what_can_go_on_at_once_stands_in_one_column() -> None:
    assert layers_of(DIAMOND) == {"a": 0, "b": 1, "c": 1, "d": 2, "e": 3}
    graph = plan_graph(DIAMOND, back_of(DIAMOND))
    at = {node.id: (node.x, node.y) for node in graph.nodes}

    assert at["b"][0] == at["c"][0]
    assert at["b"][1] != at["c"][1]
    assert len(graph.edges) == 6  # also the one that goes over b and d
    assert "in 4 stages" in graph.described


def test_the_way_back_runs_against_the_steps_and_knows_what_is_idle() -> None:
    graph = plan_graph(CHAIN, back_of(CHAIN))

    assert [undo.x for undo in graph.undos] == [node.x for node in reversed(graph.nodes)]
    assert [undo.idle for undo in graph.undos] == [False, False, True]
    assert len(graph.back) == 2
    assert all(undo.y > max(node.y for node in graph.nodes) for undo in graph.undos)


def test_the_point_of_no_return_stands_before_the_first_step_without_an_undo() -> None:
    steps = [*CHAIN, step(4, "complete", "switch", reversible=False)]
    graph = plan_graph(steps, back_of(steps))

    assert graph.no_return_x is not None
    assert graph.nodes[2].x < graph.no_return_x < graph.nodes[3].x
    assert graph.no_return == "From step 4 on, nothing takes it back."
    assert len(graph.undos) == 3
    assert plan_graph(CHAIN, back_of(CHAIN)).no_return_x is None


def test_a_screen_reader_hears_what_a_step_waits_for_and_how_it_is_undone() -> None:
    asking = replace(DIAMOND[3], confirm="Really?")
    graph = plan_graph([*DIAMOND[:3], asking], [])

    assert graph.nodes[3].said == "Step 4, after step 2 and 3, asks a person first: Do d. Undo: put it back."


def test_it_fits_the_column_until_labels_would_touch() -> None:
    def long(count: int) -> float:
        steps = [step(n, f"s{n}", *([f"s{n - 1}"] if n > 1 else [])) for n in range(1, count + 1)]
        return plan_graph(steps, back_of(steps)).width

    assert long(1) == 2 * MARGIN
    assert long(12) <= WIDE
    assert long(30) > WIDE


def test_the_words_beside_the_point_of_no_return_are_inside_the_drawing() -> None:
    steps = [*CHAIN[:2], step(3, "retire", "copy", reversible=False)]
    graph = plan_graph(steps, back_of(steps))

    assert graph.no_return_x is not None
    assert graph.width - graph.no_return_x >= 8 + LETTER * len("no way back")


def test_long_names_are_broken_into_lines_that_fit() -> None:
    [node] = plan_graph([step(1, "validate_target_storage_and_more_than_fits_here")], []).nodes

    assert 1 < len(node.label) <= 3
    assert max(len(line) for _, line in node.label) <= 18
