from datetime import timedelta

import pytest

from migrations_app.models import AuditPlace, AuditProof
from migrations_app.runtime import sealing
from migrations_app.selectors.access import access_of
from migrations_app.selectors.audit_chain import chain_outline, chain_seen_by, chain_status
from migrations_app.services import proving
from tests.audit_table import entries

pytestmark = pytest.mark.django_db


def test_the_chain_says_what_is_sealed_and_what_only_the_database_vouches_for(auditor, now):
    entries(3)
    sealing.seal_due(now + timedelta(days=1))
    AuditPlace.objects.create(name="/evidence", written_through=1, problem="full")

    status = chain_status(actor=auditor)

    assert (status.checkpoints, status.sealed_through, status.unproven) == (1, 3, 0)
    assert status.public_key == sealing.signer().public.hex()
    assert [(place.name, place.problem) for place in status.places] == [("/evidence", "full")]
    proving.verify_audit(actor=auditor, now=now)
    assert chain_status(actor=auditor).unproven == 1


def test_the_last_proof_is_shown(auditor, now):
    assert (chain_status(actor=auditor).entries, chain_status(actor=auditor).verified_at) == (0, None)
    entries(3)
    proving.verify_chain(now=now)

    status = chain_status(actor=auditor)

    assert (status.ok, status.verified_entries, status.verified_at) == (True, 3, now)


def test_a_broken_chain_names_its_entry(auditor, now):
    assert chain_status(actor=auditor).broken_entry is None
    AuditProof.objects.create(at=now, entries=3, head="0" * 64, ok=False, problem="Entry 2 was changed.")
    assert chain_status(actor=auditor).broken_entry == 2


def test_the_frame_shows_the_chain_to_whoever_may_read_the_trail(auditor, operator):
    entries(2)
    assert chain_seen_by(access_of(operator)) is chain_outline(access_of(operator)) is None
    outline = chain_outline(access_of(auditor))
    assert outline is not None
    assert (outline.entries, outline.places) == (2, ())
