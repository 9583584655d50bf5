"""The kit holds for the toy migration, inline and partitioned, and finds the mistakes it is there to find."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from migrations_app.engine.handler import Action, ActionContext, Handler, Spec
from migrations_app.engine.plan import Analysis, Step
from migrations_app.testing.contract import HandlerContract
from tests.engine.toy import Copy, Switch, ToyHandler, World, spec


class TestToyInline(HandlerContract):
    world: World
    chosen: Mapping[str, Any] = {"parallel_workers": 1}

    def make_handler(self) -> Handler:
        return ToyHandler(self.world)

    def reset(self) -> None:
        self.world = World()

    def make_spec(self) -> Spec:
        return spec(options={**self.chosen})

    def snapshot(self) -> Any:
        return self.world.snapshot()


class TestToyPartitioned(TestToyInline):
    chosen = {"parallel_workers": 3}


class TestToyWithConfirmation(TestToyInline):
    chosen = {"cleanup_source": True}


class TestToyWithoutAWayBack(TestToyInline):
    """From its switch on."""

    def make_handler(self) -> Handler:
        return _Final(self.world)


class _Final(ToyHandler):
    def steps(self, spec: Spec, analysis: Analysis) -> Sequence[Step]:
        return [replace(step, reversible=step.id != "switch") for step in super().steps(spec, analysis)]


class _ForgetfulCopy(Copy):
    def undo(self, ctx: ActionContext) -> None:
        self.world.target.pop(0, None)


class _WritingPreview(Switch):
    def preview(self, ctx: ActionContext) -> Mapping[str, Any]:
        self.world.serving = "target"
        return {}


class _AddingSwitch(Switch):
    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        self.world.serving += "+"
        return {}


class _Broken(ToyHandler):
    replacement: Mapping[str, type[Action]] = {}

    def actions(self) -> Mapping[str, Action]:
        broken = {name: action(self.world) for name, action in self.replacement.items()}  # type: ignore[call-arg]
        return {**super().actions(), **broken}


@pytest.mark.parametrize(
    ("replacement", "test"),
    [
        ({"copy": _ForgetfulCopy}, "test_the_failure_of_every_action_is_undone"),
        ({"copy": _ForgetfulCopy}, "test_a_finished_run_can_be_rolled_back"),
        ({"switch": _WritingPreview}, "test_a_dry_run_writes_nothing"),
        ({"switch": _AddingSwitch}, "test_every_action_can_be_repeated"),
    ],
)
def test_the_kit_finds_a_broken_handler(replacement: Mapping[str, type[Action]], test: str) -> None:
    class Kit(TestToyInline):
        def make_handler(self) -> Handler:
            handler = _Broken(self.world)
            handler.replacement = replacement
            return handler

    with pytest.raises(AssertionError):
        getattr(Kit(), test)()
