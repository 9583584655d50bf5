from datetime import timedelta

import pytest

from migrations_app.models import AuditPlace, AuditProof, Person, RoleGrant
from migrations_app.runtime import sealing as runtime_sealing
from migrations_app.selectors.audit import AuditFilters, audit_entry, audit_page, chain_status, neighbours
from migrations_app.selectors.refusals import NotFound, PermissionDenied
from migrations_app.services import environments, proving
from migrations_app.services.errors import PermissionDenied as Denied
from tests.cast import actor_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def trail(admin, viewer, staging, dev, now):
    environments.edit(actor=admin, now=now, environment_id=staging.pk, description="Two.")
    environments.edit(actor=admin, now=now + timedelta(hours=1), environment_id=dev.pk, protected=True)
    with pytest.raises(Denied):
        environments.edit(actor=viewer, now=now + timedelta(hours=2), environment_id=dev.pk, protected=False)


def test_entries_are_sentences_with_their_changes(trail, auditor, dev):
    page = audit_page(actor=auditor)

    assert [row.sentence.replace(f" {dev.pk}", " ID") for row in page.rows] == [
        "viewer was refused: environment edit environment ID",
        "admin changed environment “dev”",
        "admin changed environment “staging”",
    ]
    oldest = page.rows[-1]
    assert [(c.field, c.before, c.after) for c in oldest.changes] == [("description", "", "Two.")]
    assert (oldest.address, oldest.request_id) == ("192.0.2.7", "request-1")
    assert page.rows[0].reason.startswith("permission_denied:")
    assert (page.total, page.chain.entries, page.chain.verified_at) == (3, 3, None)


@pytest.mark.parametrize(
    ("filters", "seqs"),
    [
        ({"actor": "viewer"}, [3]),
        ({"outcome": "allowed"}, [2, 1]),
        ({"environment": "dev"}, [3, 2]),
        ({"action": "environment.edit", "object_type": "environment"}, [3, 2, 1]),
        ({"request_id": "request-1"}, [3, 2, 1]),
        ({"q": "view"}, [3]),
        ({"q": "environment admin"}, [2, 1]),
        ({"q": "\x00nothing"}, []),
        ({"actor": "no\x00body"}, []),
    ],
)
def test_filters(trail, auditor, filters, seqs):
    assert [row.seq for row in audit_page(actor=auditor, filters=AuditFilters(**filters)).rows] == seqs


def test_times_and_slices(trail, auditor, now):
    later = AuditFilters(since=now + timedelta(minutes=1), until=now + timedelta(hours=2))
    assert [row.seq for row in audit_page(actor=auditor, filters=later).rows] == [2]

    first = audit_page(actor=auditor, limit=2)
    assert [row.seq for row in audit_page(actor=auditor, cursor=first.next_cursor).rows] == [1]


def test_facets_count_what_matches(trail, auditor):
    page = audit_page(actor=auditor, filters=AuditFilters(environment="dev"))

    facets = {facet.name: dict(facet.values) for facet in page.facets}
    assert facets["outcome"] == {"allowed": 1, "denied": 1}
    assert facets["actor"] == {"admin": 1, "viewer": 1}


@pytest.mark.parametrize("name", ["operator", "approver", "viewer", "outsider"])
def test_others_may_not_read_it(trail, cast, name):
    for read in (audit_page, chain_status):
        with pytest.raises(PermissionDenied):
            read(actor=cast.actors[name])


def test_an_auditor_of_one_environment_sees_that_one(trail, dev, now):
    local = Person.objects.create_user("local")
    RoleGrant.objects.create(person=local, role="auditor", environment=dev, granted_at=now)
    actor = actor_of(local, now)

    page = audit_page(actor=actor)

    assert [row.seq for row in page.rows] == [3, 2]
    assert audit_entry(actor=actor, seq=3) == page.rows[0]
    assert not page.can_verify
    for seq in (1, 4, 0, 2**70):
        with pytest.raises(NotFound):
            audit_entry(actor=actor, seq=seq)


def test_the_chain_says_what_is_sealed_and_what_only_the_database_vouches_for(trail, auditor, now):
    runtime_sealing.seal_due(now + timedelta(days=1))
    AuditPlace.objects.create(name="/evidence", written_through=1, problem="full")

    status = chain_status(actor=auditor)

    assert (status.checkpoints, status.sealed_through, status.unproven) == (1, 3, 0)
    assert status.public_key == runtime_sealing.signer().public.hex()
    assert [(place.name, place.problem) for place in status.places] == [("/evidence", "full")]
    proving.verify_audit(actor=auditor, now=now)
    assert chain_status(actor=auditor).unproven == 1


def test_the_last_proof_is_shown(trail, auditor, now):
    proving.verify_chain(now=now)

    status = chain_status(actor=auditor)

    assert (status.ok, status.verified_entries, status.verified_at) == (True, 3, now)


def test_an_entry_knows_its_neighbours_that_one_may_see(trail, auditor, viewer):
    assert [neighbours(actor=auditor, seq=seq) for seq in (1, 2, 3)] == [(None, 2), (1, 3), (2, None)]
    with pytest.raises(PermissionDenied):
        neighbours(actor=viewer, seq=1)


def test_a_broken_chain_names_its_entry(trail, auditor, now):
    assert chain_status(actor=auditor).broken_entry is None
    AuditProof.objects.create(at=now, entries=3, head="0" * 64, ok=False, problem="Entry 2 was changed.")
    assert chain_status(actor=auditor).broken_entry == 2
