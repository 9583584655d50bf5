"""Stepping between the engine and a handler's actions: tests fail, count or repeat calls there, without mocks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from migrations_app.engine.errors import Problem
from migrations_app.engine.handler import Action, ActionContext, Handler, Spec
from migrations_app.engine.plan import Analysis, Step, Target


class Call(StrEnum):
    DO = "do"
    UNDO = "undo"
    VERIFY = "verify"
    PREVIEW = "preview"


@dataclass(frozen=True, slots=True)
class Moment:
    """One call of an action, before or after it. `current_step` is the step's name or, in the seed's way, its number.

    `number` counts a plan's steps from 1; 0 when the hook does not know the plan.
    """

    call: Call
    step: str
    after: bool
    context: ActionContext
    number: int = 0

    @property
    def current_step(self) -> int:
        return self.number


_DECLARED = (
    *("name", "version", "compatible_versions", "api_version", "type", "label", "summary"),
    *("roles", "parameters", "unused_options", "risk_rules", "templates"),
)
Hook = Callable[[Moment], object]


class InterposedHandler(Handler):
    """A handler whose actions call `hook` before and after each call; whatever the hook raises, the action raises.

    `steps` is the plan's order of step ids, from which moments get their number.
    """

    def __init__(self, inner: Handler, hook: Hook, steps: Sequence[str] = ()) -> None:
        self._inner = inner
        self._hook = hook
        self._numbers = {name: number for number, name in enumerate(steps, 1)}
        vars(self).update({name: getattr(inner, name) for name in _DECLARED})

    def analyze(self, spec: Spec) -> Analysis:
        return self._inner.analyze(spec)

    def check(self, spec: Spec, analysis: Analysis) -> Sequence[Problem]:
        return self._inner.check(spec, analysis)

    def steps(self, spec: Spec, analysis: Analysis) -> Sequence[Step]:
        return self._inner.steps(spec, analysis)

    def why_no_rehearsal(self, targets: Mapping[str, Target]) -> str:
        return self._inner.why_no_rehearsal(targets)

    def scratch(self, targets: Mapping[str, Target], run_id: int) -> Mapping[str, Target]:
        return self._inner.scratch(targets, run_id)

    def actions(self) -> Mapping[str, Action]:
        return {name: _Interposed(action, self._tell) for name, action in self._inner.actions().items()}

    def _tell(self, call: Call, context: ActionContext, *, after: bool) -> None:
        self._hook(Moment(call, context.step.id, after, context, self._numbers.get(context.step.id, 0)))


class _Interposed(Action):
    def __init__(self, inner: Action, tell: Callable[..., None]) -> None:
        self._inner = inner
        self._tell = tell
        vars(self).update(not_proven=inner.not_proven, leaves_scratch=inner.leaves_scratch)

    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        self._tell(Call.DO, ctx, after=False)
        result = self._inner.do(ctx)
        self._tell(Call.DO, ctx, after=True)
        return result

    def undo(self, ctx: ActionContext) -> None:
        self._tell(Call.UNDO, ctx, after=False)
        self._inner.undo(ctx)
        self._tell(Call.UNDO, ctx, after=True)

    def rehearse(self, ctx: ActionContext) -> Mapping[str, Any]:
        self._tell(Call.DO, ctx, after=False)
        result = self._inner.rehearse(ctx)
        self._tell(Call.DO, ctx, after=True)
        return result

    def clean_up(self, ctx: ActionContext) -> None:
        self._tell(Call.UNDO, ctx, after=False)
        self._inner.clean_up(ctx)
        self._tell(Call.UNDO, ctx, after=True)

    def verify(self, ctx: ActionContext, result: Mapping[str, Any]) -> None:
        self._tell(Call.VERIFY, ctx, after=False)
        self._inner.verify(ctx, result)
        self._tell(Call.VERIFY, ctx, after=True)

    def preview(self, ctx: ActionContext) -> Mapping[str, Any]:
        self._tell(Call.PREVIEW, ctx, after=False)
        result = self._inner.preview(ctx)
        self._tell(Call.PREVIEW, ctx, after=True)
        return result

    def merge(self, results: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
        return self._inner.merge(results)

    def manual_undo(self, ctx: ActionContext) -> Sequence[str]:
        return self._inner.manual_undo(ctx)

    def manual_clean_up(self, ctx: ActionContext) -> Sequence[str]:
        return self._inner.manual_clean_up(ctx)
