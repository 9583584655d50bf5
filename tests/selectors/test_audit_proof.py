"""What proves an entry, and what is said of one that was changed past Snakeweb, in each way."""

import hashlib
from datetime import timedelta

import pytest

from migrations_app.models import AuditCheckpoint, AuditEntry, AuditPlace
from migrations_app.proofs.keys import PublicKeys
from migrations_app.proofs.merkle import root_by
from migrations_app.runtime import sealing
from migrations_app.selectors.audit_proof import EntryProof, entry_proof
from tests.audit_table import entries, without_triggers
from tests.runs import AT

pytestmark = pytest.mark.django_db


def proven(seq: int) -> EntryProof:
    return entry_proof(seq, trusted=sealing.trusted_keys())


@pytest.fixture
def sealed() -> None:
    """Segments of entries 1 to 5 and 6 to 8, and entry 9 after them."""
    entries(5)
    sealing.seal_due(AT + timedelta(hours=1))
    entries(3)
    sealing.seal_due(AT + timedelta(hours=2))
    entries(1)


def test_the_way_from_an_entry_to_what_was_signed(sealed: None) -> None:
    AuditPlace.objects.create(name="/evidence", written_through=1)
    for seq in range(1, 9):
        proof = proven(seq)
        size = proof.last - proof.first + 1
        assert (proof.checkpoint, proof.first, proof.last) == ((1, 1, 5) if seq < 6 else (2, 6, 8))
        assert root_by(proof.path, entry=proof.hash, index=proof.index, size=size) == proof.root
        assert (proof.hash_holds, proof.holds, proof.problem) == (True, True, "")
        assert proof.kept_in == (("/evidence",) if seq < 6 else ())
        assert proof.public_key == sealing.signer().public.hex()


def test_an_entry_after_the_newest_checkpoint_is_not_proven_yet(sealed: None) -> None:
    proof = proven(9)
    assert (proof.checkpoint, proof.hash_holds, proof.holds) == (None, True, False)


def test_changed_bytes(sealed: None) -> None:
    with without_triggers():
        AuditEntry.objects.filter(seq=2).update(body=b'{"actor":"somebody else"}')
    proof = proven(2)
    assert (proof.hash_holds, proof.holds) == (False, False)
    assert "do not have the hash" in proof.problem
    assert proven(3).holds


def test_changed_bytes_with_their_hash_computed_anew(sealed: None) -> None:
    forged = b'{"actor":"somebody else"}'
    with without_triggers():
        AuditEntry.objects.filter(seq=2).update(body=forged, hash=hashlib.sha256(forged).hexdigest())
    for seq in (2, 3):
        proof = proven(seq)
        assert (proof.hash_holds, proof.holds) == (True, False)
        assert "not the one that checkpoint 1 has sealed" in proof.problem
    assert proven(6).holds


def test_an_entry_taken_out_of_the_segment(sealed: None) -> None:
    with without_triggers():
        AuditEntry.objects.filter(seq=7).delete()
    assert "missing" in proven(8).problem
    assert not proven(8).holds


@pytest.mark.parametrize("change", ["body", "signature", "root", "nonsense"])
def test_a_changed_checkpoint_proves_nothing(sealed: None, change: str) -> None:
    row = AuditCheckpoint.objects.get(number=1)
    other = AuditCheckpoint.objects.get(number=2)
    changed = {
        "body": {"body": row.body.replace(row.at.strftime("%Y"), "1999")},
        "signature": {"signature": other.signature},
        "root": {"body": other.body, "signature": other.signature},
        "nonsense": {"body": "{}"},
    }[change]
    with without_triggers():
        AuditCheckpoint.objects.filter(number=1).update(**changed)
    proof = proven(3)
    assert not proof.holds
    assert proof.problem
    assert proven(7).holds


def test_a_key_of_somebody_else_proves_nothing(sealed: None) -> None:
    somebody = PublicKeys([sealing.signer_of("the key of somebody else, long enough to be one").public])
    proof = entry_proof(3, trusted=somebody)
    assert not proof.holds
    assert "signed with a key that is not among those" in proof.problem
