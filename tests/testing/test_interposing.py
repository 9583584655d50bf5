from migrations_app.engine.errors import StepFailed
from migrations_app.engine.vocabulary import RunKind
from migrations_app.testing.interposing import Call, InterposedHandler, Moment
from tests.engine.toy import ToyHandler, World, local_run, spec


def test_every_call_is_seen_before_and_after_with_the_steps_number() -> None:
    seen: list[Moment] = []

    def hook(moment: Moment) -> None:
        seen.append(moment)
        if moment.call is Call.VERIFY and moment.step == "switch" and moment.after:
            raise StepFailed

    local_run(World(), hook).finish()
    told = [(m.call.value, m.step, m.current_step) for m in seen if m.after]
    assert told == [
        ("do", "look", 1),
        ("verify", "look", 1),
        ("do", "copy", 2),
        ("verify", "copy", 2),
        ("do", "switch", 3),
        ("verify", "switch", 3),
        ("undo", "switch", 3),
        ("undo", "copy", 2),
        ("undo", "look", 1),
    ]
    assert len([m for m in seen if not m.after]) == len(told)


def test_previews_are_seen_too() -> None:
    seen: list[Moment] = []
    local_run(World(), seen.append, kind=RunKind.DRY_RUN).finish()
    assert {moment.call for moment in seen} == {Call.PREVIEW}


def test_everything_else_is_the_inner_handlers() -> None:
    inner = ToyHandler(World())
    handler = InterposedHandler(inner, lambda moment: None)
    wish = spec()
    analysis = handler.analyze(wish)
    assert (handler.name, handler.version, handler.roles) == (inner.name, inner.version, inner.roles)
    assert handler.check(wish, analysis) == inner.check(wish, analysis)
    assert handler.steps(wish, analysis) == inner.steps(wish, analysis)
