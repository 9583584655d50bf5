from dataclasses import replace

import pytest
from allauth.mfa.models import Authenticator

from migrations_app.engine.vocabulary import Decision, Role
from migrations_app.models import ExternalIdentity, RoleGrant
from migrations_app.selectors.signing import approvers_in, signing_of
from migrations_app.services import reviews
from migrations_app.services.errors import NotFound
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


def test_a_role_that_asks_for_a_second_factor_fills_no_place_without_one(signed, approver, people, now, settings):
    """Neither the approver's own, whose factor may be gone since, nor another that a policy asks for on top."""
    RoleGrant.objects.create(person=people["approver"], role="admin", granted_at=now)
    settings.SNAKEWEB_SECOND_FACTOR_ROLES = ("admin",)
    (fact,) = signing_of(signed, newest(signed), now=now).facts
    assert (fact.not_eligible_because, fact.roles) == ("", {Role.APPROVER})

    settings.SNAKEWEB_SECOND_FACTOR_ROLES = ("admin", "approver")
    signing = signing_of(signed, newest(signed), now=now)
    assert signing.facts[0].not_eligible_because == "no longer has the approver role in staging"
    assert signing.approvers == ()

    Authenticator.objects.create(user=people["approver"], type="totp", data={})
    signing = signing_of(signed, newest(signed), now=now)
    assert (signing.facts[0].not_eligible_because, signing.facts[0].roles) == ("", {Role.APPROVER, Role.ADMIN})
    assert [each.person for each in signing.approvers] == [people["approver"]]


def test_a_signature_keeps_the_providers_factor_of_the_session_that_gave_it(stage, approver, people, now, settings):
    settings.SNAKEWEB_SECOND_FACTOR_ROLES = ("approver",)
    person = people["approver"]
    person.set_unusable_password()
    person.save()
    at_provider = ExternalIdentity.objects.create(person=person, linked_at=now, used_at=now, second_factor=True)
    migration = stage.planned()
    reviews.submit(actor=stage.operator, now=now, migration_id=migration.pk)
    given = {"now": now, "migration_id": migration.pk, "digest": newest(migration).digest, "decision": "approve"}
    with pytest.raises(NotFound):
        reviews.decide(actor=replace(approver, attested=False), **given)  # whatever another session of theirs has
    reviews.decide(actor=replace(approver, attested=True), **given)

    at_provider.second_factor = False  # they signed on elsewhere since
    at_provider.save()
    (fact,) = signing_of(migration, newest(migration), now=now).facts
    assert (fact.not_eligible_because, fact.roles) == ("", {Role.APPROVER})
    assert approvers_in(migration.environment, now=now) == ()  # nor could they sign another plan now

    at_provider.delete()
    (fact,) = signing_of(migration, newest(migration), now=now).facts
    assert fact.not_eligible_because == "no longer has the approver role in staging"
