import pytest

from migrations_app.proofs.keys import PublicKeys, Signer, UnknownKey

SIGNER = Signer(b"s" * 32)


def test_a_signature_holds_for_its_key_purpose_and_message_only() -> None:
    keys = PublicKeys.from_hex([SIGNER.public.hex(), f" {Signer(b'o' * 32).public.hex()}\n"])
    signature = SIGNER.sign(b"one", b"message")

    assert keys.signed(signature, b"one", b"message", key=SIGNER.key)
    assert not keys.signed(signature, b"two", b"message", key=SIGNER.key)
    assert not keys.signed(signature, b"one", b"messagf", key=SIGNER.key)
    assert not keys.signed(signature, b"one", b"message", key=Signer(b"o" * 32).key)
    assert keys.ids == (SIGNER.key, Signer(b"o" * 32).key)


def test_a_key_that_was_not_given_is_named() -> None:
    with pytest.raises(UnknownKey, match=SIGNER.key):
        PublicKeys([]).signed(b"", b"one", b"message", key=SIGNER.key)


@pytest.mark.parametrize("text", ["", "zz", "ab" * 31, "ab" * 33])
def test_what_is_no_public_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no public key"):
        PublicKeys.from_hex([text])
