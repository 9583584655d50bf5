import pytest

from migrations_app.models import Migration, Target
from migrations_app.selectors.promotions import promotion_proposal
from migrations_app.selectors.refusals import NotFound
from migrations_app.services.actor import Actor
from tests.cast import Cast
from tests.promoted import proven
from tests.stores_on_disk import Stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def proof(stage: Stage) -> Migration:
    return proven(stage)


def test_the_next_environment_with_a_suggestion_for_each_role(
    operator: Actor, production_stage: Stage, proof: Migration
) -> None:
    Target.objects.filter(pk=production_stage.target_id).update(name="production-sessions-new")
    proposal = promotion_proposal(actor=operator, migration_id=proof.pk)

    assert proposal.place is not None
    assert (proposal.place.name, proposal.place.protected, proposal.place.is_next) == ("production", True, True)
    assert (proposal.run_id, proposal.why_not) == (proof.runs.get(kind="apply").pk, "")
    source, target = proposal.roles
    assert (source.now, source.suggested, source.why) == (
        "sessions-source",
        production_stage.source_id,
        "it has the same name",
    )
    assert (target.suggested, target.why) == (production_stage.target_id, "it is the only one of this kind there")
    assert [choice.id for choice in target.choices] == [production_stage.target_id, production_stage.source_id]
    assert [parameter.name for parameter in proposal.place_parameters] == ["route"]


def test_what_keeps_it_from_being_promoted(
    operator: Actor, viewer: Actor, stage: Stage, production_stage: Stage, proof: Migration
) -> None:
    assert "may author" in promotion_proposal(actor=viewer, migration_id=proof.pk).why_not
    assert "no run of" in promotion_proposal(actor=operator, migration_id=stage.migration().pk).why_not
    assert promotion_proposal(actor=operator, migration_id=proof.pk, environment_id=stage.environment.pk).place is None
    Migration.objects.filter(pk=proof.pk).update(handler="gone")
    assert "“gone” is not installed" in promotion_proposal(actor=operator, migration_id=proof.pk).why_not


def test_what_is_hidden_is_not_proposed(outsider: Actor, proof: Migration, cast: Cast) -> None:
    with pytest.raises(NotFound):
        promotion_proposal(actor=outsider, migration_id=proof.pk)
