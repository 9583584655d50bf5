from migrations_app.engine.vocabulary import RunKind, StepState
from migrations_app.selectors import state_words


def test_states_of_steps_in_words():
    def said(state, **given):
        return state_words.step_words(state, **{"kind": RunKind.APPLY, "over": False, **given})

    assert said(StepState.PENDING) == "waiting"
    assert said(StepState.PENDING, over=True) == "not reached"
    assert said(StepState.WAITING, over=True) == "not finished"
    assert said(StepState.UNDONE, kind=RunKind.REHEARSAL) == "cleaned up"
    assert said(StepState.SUCCEEDED, left_out=True) == "left out"
    assert said(StepState.SUCCEEDED) == "done"


def test_facts_and_tones():
    assert state_words.fact_name("sha256") == "SHA-256"
    assert state_words.fact_name("copied_rows") == "Copied rows"
    assert (state_words.tone("failed"), state_words.tone("nothing")) == ("bad", "")
