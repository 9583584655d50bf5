"""Sealing the chain: what becomes a checkpoint, when, and by whom once."""

import hashlib
from datetime import timedelta

import pytest

from migrations_app.models import AuditCheckpoint, AuditEntry
from migrations_app.proofs.export import lines, verify
from migrations_app.runtime import sealing
from tests.audit_table import entries, entry, without_triggers
from tests.parallel import at_once
from tests.runs import AT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_semantics]
LATER = AT + timedelta(minutes=6)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "SEGMENT", 4)  # as it is with 1,000, in a blink


def ranges() -> list[tuple[int, int]]:
    return [(one.checkpoint.first, one.checkpoint.last) for one in sealing.checkpoints()]


def test_entries_are_sealed_when_the_oldest_of_them_is_five_minutes_old() -> None:
    entries(3)

    assert sealing.seal_due(AT + timedelta(minutes=4)) == []
    assert len(sealing.seal_due(LATER)) == 1
    assert sealing.seal_due(LATER + timedelta(days=1)) == []
    assert ranges() == [(1, 3)]


@pytest.mark.usefixtures("small")
def test_full_segments_are_sealed_at_once_and_the_rest_when_it_is_old() -> None:
    entries(10)

    assert len(sealing.seal_due(AT)) == 2
    assert ranges() == [(1, 4), (5, 8)]
    sealing.seal_due(LATER)
    assert ranges() == [(1, 4), (5, 8), (9, 10)]
    for one in sealing.checkpoints():
        one.check(sealing.trusted_keys())


@pytest.mark.usefixtures("small")
def test_many_at_once_seal_each_segment_once() -> None:
    entries(12)

    outcomes = at_once(*[lambda: sealing.seal_due(LATER) for _ in range(4)])

    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert ranges() == [(1, 4), (5, 8), (9, 12)]


def test_a_damaged_entry_is_not_sealed() -> None:
    entries(3)
    with without_triggers():
        AuditEntry.objects.filter(seq=2).update(body=b"{}")

    with pytest.raises(sealing.ChainDamaged, match="entry 2 is not as it was written"):
        sealing.seal_due(LATER)
    assert not AuditCheckpoint.objects.exists()


def test_an_entry_that_is_gone_is_not_passed_over() -> None:
    entries(3)
    with without_triggers():
        AuditEntry.objects.filter(seq=1).delete()

    with pytest.raises(sealing.ChainDamaged, match="entry 1 "):
        sealing.seal_due(LATER)


def test_checkpoints_of_an_earlier_key_are_still_ours(settings: object) -> None:
    entries(2)
    sealing.seal_due(LATER)
    before = sealing.signer().key
    settings.SNAKEWEB_SECRET_KEYS = ("a newer key", *settings.SNAKEWEB_SECRET_KEYS)  # type: ignore[attr-defined]
    entry(3)
    sealing.seal_due(LATER)

    keys = [one.checkpoint.key for one in sealing.checkpoints()]
    assert keys == [before, sealing.signer().key]
    assert len(set(keys)) == 2
    for one in sealing.checkpoints():
        one.check(sealing.trusted_keys())
    newest = AuditCheckpoint.objects.get(number=2)
    assert newest.public_key == sealing.signer().public.hex()


@pytest.mark.usefixtures("small")
def test_entries_come_with_what_proves_them() -> None:
    entries(10)
    sealing.seal_due(AT)
    chosen = AuditEntry.objects.filter(seq__in=[2, 3, 7, 10]).order_by("seq")
    rows = [(row.seq, row.hash, row.previous, bytes(row.body)) for row in chosen]
    file = list(lines(sealing.with_proofs(rows), signer=sealing.signer(), at="", by="", filters={}))

    check = verify(file, sealing.trusted_keys())
    assert (check.entries, check.proven, check.checkpoints) == (4, 3, 2)
    assert hashlib.sha256(rows[0][3]).hexdigest() == rows[0][1]
