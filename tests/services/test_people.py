import json

import pytest
from django.contrib.auth.models import Group

from migrations_app.models import AuditEntry, GivenAccess, Person
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


def given(person, admin, now, change):
    """What is noted when somebody else changes it."""
    before, password = accounts.facts(person), person.password
    change(person)
    person.save()
    accounts.note_what_was_given(actor=admin, now=now, person=person, before=before, password=password)
    return [str(row.group or "way in") for row in GivenAccess.objects.filter(person=person, given_by=admin.person_id)]


@pytest.mark.parametrize(
    ("change", "noted"),
    [
        (lambda person: person.set_password("another"), ["way in"]),
        (lambda person: setattr(person, "email", "mine@example.org"), ["way in"]),
        (lambda person: setattr(person, "is_superuser", True), ["way in"]),
        (lambda person: person.groups.add(Group.objects.create(name="dba")), ["dba"]),
        (lambda person: person.groups.clear(), []),
        (lambda person: setattr(person, "is_active", False), []),
        (lambda person: setattr(person, "first_name", "Vi"), []),
    ],
)
def test_what_somebody_else_gives_an_account_is_noted(people, admin, now, change, noted):
    assert given(people["viewer"], admin, now, change) == noted


def test_an_account_that_is_switched_on_again_is_noted(people, admin, now):
    Person.objects.filter(pk=people["viewer"].pk).update(is_active=False)
    off = Person.objects.get(pk=people["viewer"].pk)
    assert given(off, admin, now, lambda person: setattr(person, "is_active", True)) == ["way in"]
