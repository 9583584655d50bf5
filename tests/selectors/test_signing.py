import pytest

from migrations_app.engine.vocabulary import Decision
from migrations_app.models import RoleGrant
from migrations_app.selectors.signing import signing_of
from migrations_app.services import reviews
from tests.stores_on_disk import newest

pytestmark = pytest.mark.django_db


@pytest.fixture
def signed(stage, approver, now):
    migration = stage.planned()
    reviews.submit(actor=stage.operator, now=now, migration_id=migration.pk)
    given = {"actor": approver, "now": now, "migration_id": migration.pk, "digest": newest(migration).digest}
    reviews.decide(**given, decision="approve")
    return migration


def test_a_signature_counts(signed, approver, operator, now):
    signing = signing_of(signed, newest(signed), now=now)

    assert approver.person_id in {each.person.pk for each in signing.approvers}
    assert signing.barred == {operator.person_id: "has edited the migration"}
    assert [editor.person_id for editor in signing.editors] == [operator.person_id]
    (fact,) = signing.facts
    assert (fact.person, fact.decision, fact.not_eligible_because) == ("approver", Decision.APPROVE, "")


def test_a_signer_who_lost_the_role_is_named(signed, approver, now):
    RoleGrant.objects.filter(person_id=approver.person_id).delete()

    (fact,) = signing_of(signed, newest(signed), now=now).facts
    assert fact.not_eligible_because == "no longer has the approver role in staging"


def test_a_signer_who_became_an_editor_does_not_count(signed, people, now):
    signed.editors.create(person=people["approver"], revision=2)

    (fact,) = signing_of(signed, newest(signed), now=now).facts
    assert fact.not_eligible_because == "has edited the migration"
