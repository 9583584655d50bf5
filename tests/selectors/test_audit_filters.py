"""What one may ask for, against a trail in which each entry differs from the others by what is asked."""

from datetime import timedelta

import pytest

from migrations_app.models import Person, RoleGrant
from migrations_app.runtime import audit
from migrations_app.selectors.access import access_of
from migrations_app.selectors.audit_filters import AuditFilters, matching_entries
from migrations_app.selectors.audit_kinds import Topic
from tests.cast import actor_of

pytestmark = [pytest.mark.django_db, pytest.mark.db_semantics]

ENTRIES = (
    {"actor": "olga", "action": "run.execute", "environment": "dev", "object_id": "7", "address": "192.0.2.7"},
    {"actor": "otto", "action": "review.approve", "environment": "staging", "object_id": "8", "reason": "100% sure"},
    {"actor": "otto", "action": "run.execute", "environment": "dev", "outcome": "denied", "token": "swk_1234"},
    {"actor": "olga", "action": "grant.create", "object_type": "grant", "on_behalf_of": "petra", "object_id": "3"},
    {"actor": "petra", "action": "target.edit", "object_type": "target", "request_id": "r-5", "object_id": "4",
     "after": {"name": "Käse “sieben”", "actor": "nobody", "path": "a\\b"}},
)  # fmt: skip


@pytest.fixture
def trail(now):
    for number, given in enumerate(ENTRIES):
        facts = {"object_type": "migration", "object_id": "1", "at": now + timedelta(hours=number), **given}
        audit.append(audit.AuditRecord(**facts))


def found(reader, **filters):
    return list(
        matching_entries(access_of(reader), AuditFilters(**filters)).order_by("seq").values_list("seq", flat=True)
    )


@pytest.mark.parametrize(
    ("filters", "seqs"),
    [
        ({}, [1, 2, 3, 4, 5]),
        ({"actor": "olga"}, [1, 4]),
        ({"actor": "OLGA"}, []),
        ({"action": "run.execute", "outcome": "denied"}, [3]),
        ({"topic": Topic.SIGNATURES}, [2]),
        ({"topic": Topic.RUNS, "action": "run.execute"}, [1, 3]),
        ({"topic": Topic.RUNS, "action": "grant.create"}, []),
        ({"topic": "gossip", "actor": "otto"}, [2, 3]),
        ({"environment": "dev"}, [1, 3]),
        ({"object_type": "migration", "object_id": "7"}, [1]),
        ({"on_behalf_of": "petra"}, [4]),
        ({"token": "swk_1234"}, [3]),
        ({"address": "192.0.2.7"}, [1]),
        ({"request_id": "r-5"}, [5]),
        ({"after": 3}, [4, 5]),
        ({"after": 2**70}, [1, 2, 3, 4, 5]),
        ({"actor": "ol\x00ga"}, [1, 4]),
    ],
)
def test_each_field(trail, auditor, filters, seqs):
    assert found(auditor, **filters) == seqs


@pytest.mark.parametrize(
    ("words", "seqs"),
    [
        ("olga", [1, 4]),
        ("OTTO run", [3]),
        ("100%", [2]),
        ("_", [3]),  # which is in names of members; of all entries only the token has one itself
        ("käse", [5]),
        ("a\\b", [5]),
        ('"sieben"', []),
        ("actor", [5]),  # every entry has that name of a member; one says it itself
        ("seq", []),
        ("7", [1]),  # the number of an object; digits are in every hash
        ("4", [4, 5]),  # of an entry, and of an object
        ("' OR 1=1 --", []),
    ],
)
def test_words(trail, auditor, words, seqs):
    assert found(auditor, q=words) == seqs


def test_times(trail, auditor, now):
    hours = [now + timedelta(hours=number) for number in range(5)]
    assert found(auditor, since=hours[1], until=hours[3]) == [2, 3]
    assert found(auditor, since=hours[4]) == [5]
    assert found(auditor, until=hours[0]) == []


def test_who_may_audit_one_environment_sees_its_entries_alone(trail, dev, now):
    local = Person.objects.create_user("local")
    RoleGrant.objects.create(person=local, role="auditor", environment=dev, granted_at=now)
    actor = actor_of(local, now)

    assert found(actor) == [1, 3]
    assert found(actor, environment="staging") == []
    assert found(actor, q="otto") == [3]
