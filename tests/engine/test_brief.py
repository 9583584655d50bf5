import pytest

from migrations_app.engine.brief import Limits, Outcome, OutcomeKind, RunBrief
from migrations_app.engine.vocabulary import RunKind
from tests.engine import toy


@pytest.mark.parametrize("kind", [RunKind.APPLY, RunKind.DRY_RUN, RunKind.ROLLBACK])
def test_a_brief_of_every_kind_that_can_be_driven(kind: RunKind) -> None:
    assert RunBrief(1, kind, toy.plan(), {}).prior_results == {}


def test_a_rehearsal_cannot_be_driven() -> None:
    with pytest.raises(ValueError, match="run 7 is a rehearsal"):
        RunBrief(7, RunKind.REHEARSAL, toy.plan(), {})


def test_limits_and_outcomes_have_the_designs_defaults() -> None:
    assert (Limits().slice_seconds, Limits().max_deaths) == (60.0, 3)
    assert Outcome(OutcomeKind.FINISHED).partitions == ()
