"""What verification finds in a chain that somebody with the database's own superuser has changed."""

import hashlib
import json
from datetime import timedelta

import pytest

from migrations_app.models import AuditCheckpoint, AuditEntry, AuditHead, AuditProof, AuditRetention
from migrations_app.proofs.checkpoint import SignedCheckpoint
from migrations_app.runtime import audit, sealing
from migrations_app.runtime.audit import AuditRecord
from migrations_app.runtime.audit_check import ChainBreak, ChainCheck, Damage, check_chain, check_new
from tests.audit_table import entries, entry, run_statements, without_triggers
from tests.runs import AT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_semantics]
LATER = AT + timedelta(minutes=6)
LATER_STILL = timedelta(minutes=6)


@pytest.fixture
def five() -> list[AuditEntry]:
    return entries(5)


def broken_at(outside: dict[str, dict[int, SignedCheckpoint]] | None = None) -> tuple[int, Damage, str]:
    found = check_chain(outside).broken
    assert found is not None
    return found.seq, found.kind, found.message


def rewrite(first: int, *, actor: str = "eve") -> None:
    """Every entry from `first` on made anew with recomputed hashes, columns and head: a chain sound in itself."""
    previous = AuditEntry.objects.get(seq=first - 1).hash if first > 1 else audit.GENESIS
    with without_triggers():
        for row in AuditEntry.objects.filter(seq__gte=first).order_by("seq"):
            body = json.loads(bytes(row.body)) | {"actor": actor, "previous": previous}
            text = json.dumps(body, separators=(",", ":"), sort_keys=True).encode()
            digest = hashlib.sha256(text).hexdigest()
            AuditEntry.objects.filter(seq=row.seq).update(body=text, hash=digest, previous=previous, actor=actor)
            previous = digest
        AuditHead.objects.update(hash=previous)


def test_a_changed_body_is_found_and_named(five: list[AuditEntry]) -> None:
    with without_triggers():
        body = bytes(five[2].body).replace(b"olga", b"eve!")
        AuditEntry.objects.filter(seq=3).update(body=body)

    assert broken_at() == (3, Damage.CHANGED, "has a body that does not match its hash")


def test_a_changed_body_with_a_new_hash_is_found(five: list[AuditEntry]) -> None:
    with without_triggers():
        body = bytes(five[2].body).replace(b"olga", b"eve!")
        AuditEntry.objects.filter(seq=3).update(body=body, hash=hashlib.sha256(body).hexdigest(), actor="eve!")

    assert broken_at() == (4, Damage.CHANGED, "does not follow the entry before it")


def test_a_changed_column_is_found(five: list[AuditEntry]) -> None:
    with without_triggers():
        AuditEntry.objects.filter(seq=2).update(actor="eve", request_id="x")

    assert broken_at() == (2, Damage.CHANGED, "shows other words than its body: actor, request_id")


@pytest.mark.parametrize("seq", [1, 3])
def test_a_removed_row_is_found(five: list[AuditEntry], seq: int) -> None:
    with without_triggers():
        AuditEntry.objects.filter(seq=seq).delete()

    assert broken_at() == (seq, Damage.REMOVED, f"is missing; the next entry is {seq + 1}")


def test_a_removed_last_row_is_found(five: list[AuditEntry]) -> None:
    with without_triggers():
        AuditEntry.objects.filter(seq=5).delete()

    assert broken_at() == (5, Damage.TRUNCATED, "is missing; the head is at 5")


def test_reordered_rows_are_found(five: list[AuditEntry]) -> None:
    with without_triggers():
        for seq, place in ((2, 99), (3, 2), (99, 3)):
            AuditEntry.objects.filter(seq=seq).update(seq=place)

    assert broken_at() == (2, Damage.REORDERED, "holds the body of entry 3")


def test_an_entry_beyond_the_head_is_found(five: list[AuditEntry]) -> None:
    with without_triggers():
        AuditHead.objects.update(seq=4, hash=five[3].hash)

    assert broken_at() == (5, Damage.INSERTED, "lies beyond the head")


def test_a_head_that_names_another_entry_is_found(five: list[AuditEntry]) -> None:
    with without_triggers():
        AuditHead.objects.update(hash="f" * 64)

    assert broken_at() == (5, Damage.CHANGED, "is not the entry that the head names")


def test_a_chain_rewritten_as_a_whole_contradicts_an_earlier_proof(five: list[AuditEntry]) -> None:
    AuditProof.objects.create(at=AT, entries=3, head=five[2].hash, ok=True)
    with without_triggers():
        AuditEntry.objects.all().delete()
        AuditHead.objects.all().delete()
    for number in range(5):
        entry(number + 10)

    assert broken_at() == (3, Damage.REWRITTEN, "is not the entry that an earlier proof has seen")


def test_a_chain_that_was_cut_short_as_a_whole_contradicts_an_earlier_proof(five: list[AuditEntry]) -> None:
    AuditProof.objects.create(at=AT, entries=5, head=five[4].hash, ok=True)
    with without_triggers():
        AuditEntry.objects.filter(seq__gt=3).delete()
        AuditHead.objects.update(seq=3, hash=five[2].hash)

    assert broken_at() == (4, Damage.TRUNCATED, "is missing; a proof has seen 5 entries")


def test_an_entry_put_into_the_middle_is_found(five: list[AuditEntry]) -> None:
    record = AuditRecord(at=AT, actor="eve", action="run.execute", object_type="migration", object_id="9")
    body = audit.canonical_body(record, seq=3, previous=five[1].hash)
    with without_triggers():
        for seq in (5, 4, 3):
            AuditEntry.objects.filter(seq=seq).update(seq=seq + 1)
        AuditEntry.objects.create(
            seq=3, body=body, previous=five[1].hash, hash=hashlib.sha256(body).hexdigest(), at=AT, actor="eve",
            action="run.execute", outcome="allowed", object_type="migration", object_id="9",
        )  # fmt: skip
        AuditHead.objects.update(seq=6)

    assert broken_at() == (3, Damage.INSERTED, "was put in: the entry after it holds the body of entry 3")


def test_an_entry_taken_out_of_the_middle_is_found_though_the_others_moved_up(five: list[AuditEntry]) -> None:
    with without_triggers():
        AuditEntry.objects.filter(seq=3).delete()
        for seq in (4, 5):
            AuditEntry.objects.filter(seq=seq).update(seq=seq - 1)
        AuditHead.objects.update(seq=4)

    assert broken_at() == (3, Damage.REMOVED, "holds the body of entry 4: what was here is gone")


def test_a_sealed_chain_is_sealed_through_its_newest_checkpoint(five: list[AuditEntry]) -> None:
    sealing.seal_due(LATER)
    newest = entry(6)

    assert check_chain() == ChainCheck(6, newest.hash, None, sealed_through=5)


def test_a_chain_rewritten_with_recomputed_hashes_contradicts_its_checkpoint(five: list[AuditEntry]) -> None:
    sealing.seal_due(LATER)
    rewrite(3)

    assert broken_at() == (1, Damage.REWRITTEN, "to 5 are not the entries that checkpoint 1 has sealed")


def test_a_truncated_end_contradicts_the_checkpoint(five: list[AuditEntry]) -> None:
    sealing.seal_due(LATER)
    with without_triggers():
        AuditEntry.objects.filter(seq__gt=3).delete()
        AuditHead.objects.update(seq=3, hash=five[2].hash)

    assert broken_at() == (4, Damage.TRUNCATED, "is missing; 5 entries were sealed")


def seal_anew(key: bytes | None = None) -> None:
    """What somebody does who also makes the checkpoints anew: with a key of their own, or with ours."""
    with without_triggers():
        AuditCheckpoint.objects.all().delete()
    sealing.seal_due(LATER + timedelta(hours=1))
    if key is not None:
        with without_triggers():
            AuditCheckpoint.objects.update(signature=key.hex())


def test_checkpoints_made_anew_without_our_key_are_found(five: list[AuditEntry]) -> None:
    sealing.seal_due(LATER)
    rewrite(1)
    seal_anew(key=b"x" * 64)

    assert broken_at() == (1, Damage.REWRITTEN, "is sealed by checkpoint 1, which no key of ours has signed")


def test_a_whole_rewrite_with_our_key_contradicts_what_another_place_holds(five: list[AuditEntry]) -> None:
    sealing.seal_due(LATER)
    known = {"the evidence": {one.checkpoint.number: one for one in sealing.checkpoints()}}
    rewrite(1)
    seal_anew()

    assert check_chain().broken is None
    assert broken_at(known) == (
        1,
        Damage.REWRITTEN,
        "was sealed otherwise: the evidence holds another checkpoint 1",
    )


def test_a_whole_truncation_contradicts_what_another_place_holds(five: list[AuditEntry]) -> None:
    sealing.seal_due(LATER)
    known = {"the evidence": {one.checkpoint.number: one for one in sealing.checkpoints()}}
    with without_triggers():
        AuditCheckpoint.objects.all().delete()
        AuditEntry.objects.filter(seq__gt=3).delete()
        AuditHead.objects.update(seq=3, hash=five[2].hash)

    assert check_chain().broken is None
    assert broken_at(known) == (4, Damage.TRUNCATED, "is missing; the evidence has seen 5 entries sealed")
    entry(8), entry(9)
    assert broken_at(known) == (1, Damage.REWRITTEN, "was sealed by checkpoint 1, which only the evidence still has")


def test_a_checkpoint_of_a_stranger_elsewhere_does_not_make_a_sound_chain_look_broken(five: list[AuditEntry]) -> None:
    sealing.seal_due(LATER)
    (own,) = sealing.checkpoints()
    stranger = SignedCheckpoint(own.checkpoint, b"x" * 64)

    assert check_chain({"a stranger's": {1: stranger, 7: stranger}}).broken is None


def test_a_checkpoint_that_is_none_is_found(five: list[AuditEntry]) -> None:
    sealing.seal_due(LATER)
    with without_triggers():
        AuditCheckpoint.objects.update(body="{}")

    assert broken_at()[:2] == (1, Damage.REWRITTEN)


def test_checkpoints_in_another_order_are_found(five: list[AuditEntry]) -> None:
    sealing.seal_due(LATER)
    entry(6)
    sealing.seal_due(LATER)
    with without_triggers():
        AuditCheckpoint.objects.filter(number=1).delete()

    assert broken_at() == (6, Damage.REWRITTEN, "begins checkpoint 2, which does not follow the one before")


def remove_five() -> None:
    """What retention does, but for the entry that says so."""
    sealing.seal_due(LATER)
    AuditRetention.objects.create()
    AuditRetention.objects.update(removed_through=5)
    AuditEntry.objects.filter(seq__lte=5).delete()


def say_that_five_were_removed() -> AuditEntry:
    return audit.append(
        AuditRecord(
            at=AT, actor="snakeweb", action="audit.remove", object_type="audit", object_id="chain", after={"last": 5}
        )
    )


def test_a_sealed_segment_may_be_removed_and_the_rest_is_still_proven(five: list[AuditEntry]) -> None:
    remove_five()
    newest = say_that_five_were_removed()

    assert check_chain() == ChainCheck(6, newest.hash, None, sealed_through=5)
    with without_triggers():
        AuditEntry.objects.filter(seq=6).delete()
    assert broken_at()[:2] == (6, Damage.TRUNCATED)


def test_what_was_removed_as_if_by_retention_is_found(five: list[AuditEntry]) -> None:
    """The triggers let that pass, and whoever may write to the tables may do it."""
    remove_five()
    entry(6)

    assert broken_at() == (1, Damage.REMOVED, "to 5 are gone, and no entry says that their retention has ended")


def test_what_stays_below_the_mark_of_retention_is_not_believed(five: list[AuditEntry]) -> None:
    kept = AuditEntry.objects.get(seq=2)
    remove_five()
    say_that_five_were_removed()
    with without_triggers():
        kept.save(force_insert=True)

    assert broken_at() == (2, Damage.INSERTED, "is there, although its retention has ended")


REFUSED = {
    "entry deleted": "DELETE FROM migrations_app_auditentry WHERE seq = 1",
    "checkpoint changed": "UPDATE migrations_app_auditcheckpoint SET body = '' WHERE number = 1",
    "checkpoint deleted": "DELETE FROM migrations_app_auditcheckpoint",
    "checkpoint left out": "INSERT INTO migrations_app_auditcheckpoint (number, first, last, body, signature, "
    "public_key, at) SELECT 3, 6, 7, body, signature, public_key, at FROM migrations_app_auditcheckpoint",
    "retention into a segment": "UPDATE migrations_app_auditretention SET removed_through = 4",
    "retention deleted": "DELETE FROM migrations_app_auditretention",
    "retention twice": "INSERT INTO migrations_app_auditretention (id, removed_through) VALUES (2, 5)",
}


@pytest.mark.parametrize("name", REFUSED)
def test_the_database_refuses_what_would_hide_something(five: list[AuditEntry], name: str) -> None:
    sealing.seal_due(LATER)
    AuditRetention.objects.create()
    with pytest.raises(Exception, match=r"append-only|forward|without a gap|starts once|stays"):
        run_statements([REFUSED[name]])
    assert check_chain().broken is None


def test_what_was_removed_cannot_be_written_again(five: list[AuditEntry]) -> None:
    sealing.seal_due(LATER)
    AuditRetention.objects.create()
    AuditRetention.objects.update(removed_through=5)
    kept = AuditEntry.objects.get(seq=2)
    AuditEntry.objects.filter(seq__lte=5).delete()

    with pytest.raises(Exception, match="removed"):
        kept.save(force_insert=True)
    with pytest.raises(Exception, match="forward"):
        AuditRetention.objects.update(removed_through=0)


def new_break(through: int, head: str, most: int = 100) -> ChainBreak | None:
    return check_new(through, head, most=most).broken


def test_only_what_is_new_is_read_again(five: list[AuditEntry]) -> None:
    sealing.seal_due(LATER)
    more = entries(3)
    seen = check_new(5, five[-1].hash, most=100)
    assert (seen.broken, seen.entries, seen.head) == (None, 8, more[-1].hash)
    with without_triggers():
        AuditEntry.objects.filter(seq=3).update(actor="eve")  # sealed, and looked at before
    assert new_break(5, five[-1].hash) is None
    with without_triggers():
        AuditEntry.objects.filter(seq=7).update(actor="eve")
    assert new_break(5, five[-1].hash) == ChainBreak(7, Damage.CHANGED, "shows other words than its body: actor")


def test_so_many_at_a_time_and_the_next_look_goes_on(five: list[AuditEntry]) -> None:
    first = check_new(0, "", most=3)
    assert (first.broken, first.entries) == (None, 3)
    assert check_new(first.entries, first.head, most=3).entries == 5


def test_what_was_seen_and_is_gone_or_another_is_found(five: list[AuditEntry]) -> None:
    rewritten, truncated = (Damage.REWRITTEN, Damage.TRUNCATED)
    rewrite(4)
    found = new_break(5, five[-1].hash)
    assert found is not None
    assert (found.seq, found.kind) == (5, rewritten)
    with without_triggers():
        AuditEntry.objects.filter(seq__gte=5).delete()
        AuditHead.objects.update(seq=4, hash=AuditEntry.objects.get(seq=4).hash)
    found = new_break(5, five[-1].hash)
    assert found is not None
    assert (found.seq, found.kind) == (5, truncated)


def test_a_checkpoint_that_nobody_of_us_signed_is_found(five: list[AuditEntry]) -> None:
    sealing.seal_due(LATER)
    entries(2)
    (second,) = sealing.seal_due(LATER + LATER_STILL)
    with without_triggers():
        AuditCheckpoint.objects.filter(number=2).update(signature="00" * 64)
    found = new_break(5, five[-1].hash)
    assert found is not None
    assert (found.seq, found.kind) == (6, Damage.REWRITTEN)
    assert second.checkpoint.first == 6
