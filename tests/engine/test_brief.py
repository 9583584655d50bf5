import pytest

from migrations_app.engine.brief import Limits, Outcome, OutcomeKind, RunBrief
from migrations_app.engine.vocabulary import RunKind
from tests.engine import toy


@pytest.mark.parametrize("kind", RunKind)
def test_a_brief_of_every_kind(kind: RunKind) -> None:
    assert RunBrief(1, kind, toy.plan(), {}).prior_results == {}


def test_limits_and_outcomes_have_the_designs_defaults() -> None:
    assert (Limits().slice_seconds, Limits().max_deaths) == (60.0, 3)
    assert Outcome(OutcomeKind.FINISHED).partitions == ()
