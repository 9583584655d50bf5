import json

import pytest

from migrations_app.models import AuditEntry
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
