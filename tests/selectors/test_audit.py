from datetime import timedelta

import pytest

from migrations_app.models import AuditEntry, Person, RoleGrant
from migrations_app.runtime import sealing
from migrations_app.selectors.audit import SAMPLE, audit_detail, audit_entry, audit_page, neighbours
from migrations_app.selectors.audit_chain import chain_status
from migrations_app.selectors.audit_filters import AuditFilters
from migrations_app.selectors.refusals import NotFound, PermissionDenied
from migrations_app.services import environments
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
        "viewer was refused: edit environment ID",
        "admin changed environment “dev”",
        "admin changed environment “staging”",
    ]
    oldest = page.rows[-1]
    assert [(c.field, c.before, c.after) for c in oldest.changes] == [("description", "", "Two.")]
    assert (oldest.address, oldest.request_id) == ("192.0.2.7", "request-1")
    assert page.rows[0].reason.startswith("permission_denied:")
    assert (page.total, page.chain.entries, page.chain.verified_at) == (3, 3, None)


def test_slices(trail, auditor):
    first = audit_page(actor=auditor, limit=2)
    assert [row.seq for row in first.rows] == [3, 2]
    second = audit_page(actor=auditor, cursor=first.next_cursor)
    assert ([row.seq for row in second.rows], second.next_cursor, second.total) == ([1], "", 3)
    for nonsense in ("x", "٣", "9" * 30, "-1"):
        assert [row.seq for row in audit_page(actor=auditor, cursor=nonsense).rows] == [3, 2, 1]


def test_facets_count_what_matches(trail, auditor):
    page = audit_page(actor=auditor, filters=AuditFilters(environment="dev"))

    facets = {facet.name: {one.value: one.counted for one in facet.values} for facet in page.facets}
    assert facets["outcome"] == {"allowed": "1", "denied": "1"}
    assert facets["actor"] == {"admin": "1", "viewer": "1"}
    assert facets["environment"] == {"dev": "2", "staging": "1"}  # one may change over to another
    assert audit_page(actor=auditor, facets=False).facets == ()


def test_what_was_not_counted_to_the_end_says_so(trail, auditor, monkeypatch):
    monkeypatch.setattr("migrations_app.selectors.audit.SAMPLE", 2)
    actions = next(one for one in audit_page(actor=auditor).facets if one.name == "action")

    assert SAMPLE > 2
    assert (actions.counted, actions.complete, [one.counted for one in actions.values]) == (2, False, ["2+"])


def test_one_entry_comes_with_what_is_around_it(trail, auditor, now):
    sealing.seal_due(now + timedelta(days=1))
    detail = audit_detail(actor=auditor, seq=2, trusted=sealing.trusted_keys())

    assert detail.stored == bytes(AuditEntry.objects.get(seq=2).body).decode()
    assert (detail.earlier, detail.later) == (1, 3)
    assert (detail.earlier_of_object, detail.later_of_object) == (None, 3)
    assert [row.seq for row in detail.request] == [1, 2, 3]
    assert detail.request_complete
    assert detail.proof.holds


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


def test_an_entry_knows_its_neighbours_that_one_may_see(trail, auditor, viewer):
    assert [neighbours(actor=auditor, seq=seq) for seq in (1, 2, 3)] == [(None, 2), (1, 3), (2, None)]
    with pytest.raises(PermissionDenied):
        neighbours(actor=viewer, seq=1)
