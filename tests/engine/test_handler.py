from dataclasses import replace

import pytest

from migrations_app.engine.handler import Action, ActionContext, Handler
from migrations_app.testing.interposing import Call, Moment
from tests.engine.toy import World, local_run


class Nothing(Action):
    def do(self, ctx: ActionContext) -> dict[str, int]:
        return {}


def context() -> ActionContext:
    seen: list[ActionContext] = []

    def hook(moment: Moment) -> None:
        if moment.call is Call.DO:
            seen.append(moment.context)

    local_run(World(), hook).finish()
    return seen[0]


def test_an_action_needs_no_more_than_do() -> None:
    action, ctx = Nothing(), context()
    action.undo(ctx)
    action.verify(ctx, {})
    assert action.preview(ctx) == {}
    assert action.manual_undo(ctx) == (
        "Undo the step “Look at the shelves” by hand, then press Retry: it takes what is undone for done.",
    )


def test_results_of_partitions_add_up() -> None:
    merged = Nothing().merge([{"rows": 2, "name": "a"}, {"rows": 3, "name": "b"}, {}])
    assert merged == {"rows": 5, "name": "b"}


def test_without_a_rollback_run_the_effects_are_this_runs() -> None:
    ctx = context()
    assert ctx.effect_run_id == ctx.run_id == 1
    assert ctx.closed_partitions() == ()


def test_contexts_are_frozen_and_handlers_abstract() -> None:
    ctx = context()
    with pytest.raises(AttributeError):
        ctx.run_id = 2  # type: ignore[misc]
    assert "hunter2" not in repr(replace(ctx, secrets={"key": "hunter2"}))
    with pytest.raises(TypeError):
        Handler()  # type: ignore[abstract]
