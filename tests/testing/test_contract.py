"""The kit holds for the toy migration, inline and partitioned, and finds the mistakes it is there to find."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import migrations_app.testing
from migrations_app.engine.errors import ValidationFailed
from migrations_app.engine.handler import Action, ActionContext, Handler, Spec
from migrations_app.engine.plan import Analysis, Step
from migrations_app.engine.vocabulary import TargetKind
from migrations_app.testing.contract import HandlerContract
from migrations_app.testing.specs import spec_of, target_of
from tests.custom_types import Impress, SealedStamp
from tests.engine.toy import ITEMS, Clean, Copy, Switch, ToyHandler, World, spec


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


class TestWithSecrets(HandlerContract):
    """The kit hands values to the actions of a handler whose parameters name secrets."""

    @pytest.fixture(autouse=True)
    def place(self, tmp_path: Path) -> None:
        self.store = tmp_path / "store"

    def make_handler(self) -> Handler:
        return SealedStamp()

    def reset(self) -> None:
        Path(f"{self.store}.stamp").unlink(missing_ok=True)

    def make_spec(self) -> Spec:
        target = target_of(TargetKind.SESSION_STORE, {"store": "sqlite", "path": str(self.store)})
        return spec_of(SealedStamp(), {"target": target}, parameters={"text": "seen", "seal": "wax"})

    def secrets(self) -> Mapping[str, str]:
        return {"seal": "correct horse battery"}

    def snapshot(self) -> Any:
        stamp = Path(f"{self.store}.stamp")
        return stamp.read_text() if stamp.exists() else None


class _Keeping(Impress):
    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        return {**super().do(ctx), "with": ctx.secrets["seal"]}


class _KeepingStamp(SealedStamp):
    def actions(self) -> Mapping[str, Action]:
        return {**super().actions(), "press": _Keeping()}


def test_it_finds_a_secret_that_is_kept_and_one_that_is_not_given(tmp_path: Path) -> None:
    kit = TestWithSecrets()
    kit.store = tmp_path / "store"
    kit.make_handler = _KeepingStamp  # type: ignore[method-assign]
    with pytest.raises(AssertionError, match="a secret is in the StepSucceeded of “press”"):
        kit.test_every_secret_that_is_named_is_given_and_none_is_kept()
    kit.secrets = dict  # type: ignore[method-assign]
    with pytest.raises(AssertionError, match="parameters name secrets for"):
        kit.test_every_secret_that_is_named_is_given_and_none_is_kept()


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


class _BackwardsCopy(Copy):
    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        result = super().do(ctx)
        ctx.progress.save({}, done=0, total=ITEMS, unit="items")
        return result


class _UnreadableCopy(Copy):
    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        return {**super().do(ctx), "keys": set(self.world.source)}


class _HastyClean(Clean):
    """Remembers what it has done before it has done it, so a death in between leaves it undone."""

    begun = False

    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        if not _HastyClean.begun:
            _HastyClean.begun = True
            self.world.source.clear()
        return {"cleaned": ITEMS}


class _HalfSwitch(Switch):
    """Does two things, and takes back both only when both were done."""

    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        self.world.target[99] = "beside"
        result = super().do(ctx)
        return {**result, "both": True}

    def undo(self, ctx: ActionContext) -> None:
        if ctx.step.id in ctx.results:
            self.world.target.pop(99, None)
        super().undo(ctx)


class _LeavingCopy(Copy):
    def clean_up(self, ctx: ActionContext) -> None:
        self.world.target[99] = "left"


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
        ({"copy": _BackwardsCopy}, "test_progress_adds_up"),
        ({"copy": _UnreadableCopy}, "test_checkpoints_and_results_are_json"),
        ({"clean": _HastyClean}, "test_a_driver_may_die_between_any_two_lines"),
        ({"copy": _LeavingCopy}, "test_a_rehearsal_leaves_nothing"),
        ({"switch": _HalfSwitch}, "test_whatever_was_half_done_is_taken_back"),
    ],
)
def test_the_kit_finds_a_broken_handler(replacement: Mapping[str, type[Action]], test: str) -> None:
    class Kit(TestToyInline):
        def make_handler(self) -> Handler:
            handler = _Broken(self.world)
            handler.replacement = replacement
            return handler

        def reset(self) -> None:
            _HastyClean.begun = False
            super().reset()

    with pytest.raises(AssertionError):
        getattr(Kit(), test)()


class _Floating(ToyHandler):
    def steps(self, spec: Spec, analysis: Analysis) -> Sequence[Step]:
        return [replace(step, parameters={"share": 0.5}) for step in super().steps(spec, analysis)]


class _Moody(ToyHandler):
    """Plans another thing each time."""

    seen = 0

    def steps(self, spec: Spec, analysis: Analysis) -> Sequence[Step]:
        _Moody.seen += 1
        return [replace(step, parameters={"seen": _Moody.seen}) for step in super().steps(spec, analysis)]


class _Circular(ToyHandler):
    def steps(self, spec: Spec, analysis: Analysis) -> Sequence[Step]:
        return [replace(step, depends_on=("clean",)) for step in super().steps(spec, analysis)]


class _Twin(ToyHandler):
    roles = (*ToyHandler.roles, ToyHandler.roles[0])


class _Unlike(ToyHandler):
    parameters = ()


@pytest.mark.parametrize(
    ("handler", "test"),
    [
        (_Floating, "test_the_plan_is_data_without_floats"),
        (_Moody, "test_the_digest_is_stable"),
        (_Circular, "test_the_steps_are_a_graph_without_cycles"),
        (_Twin, "test_its_declarations_can_be_used"),
        (_Unlike, "test_the_spec_fills_roles_and_parameters_as_they_are_declared"),
    ],
)
def test_the_kit_finds_a_handler_that_says_what_is_not_so(handler: type[ToyHandler], test: str) -> None:
    class Kit(TestToyInline):
        def make_handler(self) -> Handler:
            return handler(self.world)

    with pytest.raises((AssertionError, ValidationFailed)):
        getattr(Kit(), test)()


def test_a_crash_point_that_nothing_comes_to_is_a_mistake() -> None:
    class Kit(TestToyInline):
        crash_points = ("toy.nowhere",)

    with pytest.raises(AssertionError, match=r"toy\.nowhere"):
        Kit().test_a_driver_may_die_at_every_crash_point_of_the_handler()


@pytest.mark.parametrize(
    ("where", "test"),
    [
        ("forward", "test_a_driver_may_die_around_every_step"),
        ("forward", "test_every_action_can_be_repeated"),
        ("rollback", "test_a_driver_may_die_around_every_undo"),
    ],
)
def test_an_engine_without_its_crash_points_shows_nothing(
    where: str, test: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"migrations_app.engine.{where}.reach", lambda _: None)
    with pytest.raises(AssertionError, match="no driver died at"):
        getattr(TestToyInline(), test)()


def test_a_point_that_was_counted_and_is_never_come_to_again_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    class Kit(TestToyPartitioned):
        runs = 0

        def reset(self) -> None:
            self.runs += 1
            if self.runs > 1:  # the first is the one that counts
                monkeypatch.setattr("migrations_app.engine.partitions.reach", lambda _: None)
            super().reset()

    with pytest.raises(AssertionError, match=r"no driver died at .*partition\.intent_written"):
        Kit().test_a_driver_may_die_around_every_step()


def test_the_kit_is_public() -> None:
    assert migrations_app.testing.HandlerContract is HandlerContract
