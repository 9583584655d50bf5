import json

import pytest

from migrations_app.models import AuditEntry, Person
from migrations_app.services import people as accounts

pytestmark = pytest.mark.django_db


def test_an_account_is_described_without_its_password(people):
    facts = accounts.facts(people["viewer"])

    assert (facts["name"], facts["groups"], facts["superuser"]) == ("viewer", ["viewers"], False)
    assert people["viewer"].password not in repr(facts)


def test_a_change_is_recorded_with_before_and_after(people, admin, now):
    before = accounts.facts(people["viewer"])
    people["viewer"].groups.clear()

    accounts.record_change(actor=admin, now=now, action="person.edit", person=people["viewer"], before=before)

    body = json.loads(bytes(AuditEntry.objects.get().body))
    assert (body["before"]["groups"], body["after"]["groups"]) == (["viewers"], [])


def test_putting_the_guide_away_is_a_wish_and_no_audit_entry(operator, now):
    before = AuditEntry.objects.count()

    accounts.show_guide(actor=operator, now=now, shown=False)
    assert Person.objects.get(pk=operator.person_id).guide_hidden_at == now
    accounts.show_guide(actor=operator, now=now, shown=True)

    assert Person.objects.get(pk=operator.person_id).guide_hidden_at is None
    assert AuditEntry.objects.count() == before
