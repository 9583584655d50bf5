import dataclasses
import json

import pytest

from migrations_app.proofs.checkpoint import CheckpointDamaged, SignedCheckpoint, from_document
from migrations_app.proofs.keys import PublicKeys, Signer, UnknownKey
from tests.proofs.chains import KEYS, chain, sealed

ENTRIES = chain(7)


def test_it_comes_back_from_its_document_and_its_signature_holds() -> None:
    for one in sealed(ENTRIES, (3, 4)):
        again = from_document(json.loads(json.dumps(one.document())))

        assert again == one
        again.check(KEYS)


def test_each_follows_the_one_before_and_the_first_begins_the_chain() -> None:
    first, second, third = (one.checkpoint for one in sealed(ENTRIES, (3, 2, 2)))

    assert (first.follows(None), second.follows(first), third.follows(second)) == (True, True, True)
    assert not third.follows(first)
    assert not second.follows(None)
    assert not second.follows(dataclasses.replace(first, root="0" * 64))


def test_whatever_is_changed_in_it_is_found() -> None:
    (one,) = sealed(ENTRIES, (7,))
    for name, value in {"last": 6, "root": "0" * 64, "head": "0" * 64, "previous": "1" * 64, "at": ""}.items():
        changed = SignedCheckpoint(dataclasses.replace(one.checkpoint, **{name: value}), one.signature)
        with pytest.raises(CheckpointDamaged, match="not as it was signed"):
            changed.check(KEYS)


def test_another_key_is_named_and_does_not_pass() -> None:
    (one,) = sealed(ENTRIES, (7,), Signer(b"o" * 32))
    with pytest.raises(UnknownKey):
        one.check(KEYS)
    with pytest.raises(CheckpointDamaged):
        SignedCheckpoint(dataclasses.replace(one.checkpoint, key=KEYS.ids[0]), one.signature).check(KEYS)
    one.check(PublicKeys([Signer(b"o" * 32).public]))


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"number": 0},
        {"first": 9},
        {"last": True},
        {"root": 5},
        {"more": 1},
        {"number": "1"},
    ],
)
def test_what_is_no_checkpoint_is_refused(change: dict[str, object]) -> None:
    (one,) = sealed(ENTRIES, (7,))
    content = json.loads(one.checkpoint.body) | change
    body = json.dumps(content, separators=(",", ":"), sort_keys=True)
    with pytest.raises(CheckpointDamaged):
        from_document({"body": body, "signature": one.signature.hex()})


@pytest.mark.parametrize(
    "document", [None, {}, [], {"body": 1, "signature": ""}, {"body": "[" * 9999, "signature": ""}]
)
def test_what_is_no_document_is_refused(document: object) -> None:
    with pytest.raises(CheckpointDamaged):
        from_document(document)


def test_another_spelling_of_the_same_content_is_refused() -> None:
    (one,) = sealed(ENTRIES, (7,))
    with pytest.raises(CheckpointDamaged):
        from_document({"body": one.checkpoint.body.decode() + " ", "signature": one.signature.hex()})


def test_another_spelling_of_the_same_signature_is_refused() -> None:
    (one,) = sealed(ENTRIES, (7,))
    document = one.document()
    for spelled in (document["signature"].upper(), " " + document["signature"]):
        with pytest.raises(CheckpointDamaged):
            from_document({**document, "signature": spelled})
