import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import LazySettings

from migrations_app.engine.hiding import HIDDEN, redact_text
from migrations_app.models import SealedSecret
from migrations_app.runtime import secrets
from migrations_app.runtime.secrets import Sealed, SecretUnreadable
from tests.runs import AT, target

OLD, NEW = "an older key", "the current key"


@pytest.fixture(autouse=True)
def keys(settings: LazySettings) -> LazySettings:
    settings.SNAKEWEB_SECRET_KEYS = (OLD,)
    return settings


def test_what_is_sealed_opens_only_in_its_context() -> None:
    sealed = secrets.seal("hunter2", context="target:1:password")

    assert b"hunter2" not in sealed.data
    assert secrets.unseal(sealed, context="target:1:password") == "hunter2"
    with pytest.raises(SecretUnreadable, match="target:2:password"):
        secrets.unseal(sealed, context="target:2:password")


def test_changed_bytes_do_not_open() -> None:
    sealed = secrets.seal("hunter2", context="c")
    changed = bytes([*sealed.data[:-1], sealed.data[-1] ^ 1])

    with pytest.raises(SecretUnreadable):
        secrets.unseal(Sealed(sealed.key_id, changed), context="c")


def test_sealing_twice_gives_different_bytes() -> None:
    assert secrets.seal("a", context="c").data != secrets.seal("a", context="c").data


def test_a_missing_key_is_named_and_not_retried(keys: LazySettings) -> None:
    sealed = secrets.seal("a", context="c")
    keys.SNAKEWEB_SECRET_KEYS = (NEW,)

    with pytest.raises(SecretUnreadable, match=sealed.key_id) as raised:
        secrets.unseal(sealed, context="c")
    assert not raised.value.retryable
    assert OLD not in str(raised.value)


def test_rewrapping_changes_the_envelope_and_not_what_is_in_it(keys: LazySettings) -> None:
    sealed = secrets.seal("one", context="c")
    keys.SNAKEWEB_SECRET_KEYS = (NEW, OLD)

    moved = secrets.rewrap(sealed, context="c")

    assert (moved.key_id, moved.data) == (secrets.key_id(NEW), sealed.data)
    assert moved.wrapped != sealed.wrapped
    keys.SNAKEWEB_SECRET_KEYS = (NEW,)
    assert secrets.unseal(moved, context="c") == "one"
    with pytest.raises(SecretUnreadable):
        secrets.unseal(Sealed(moved.key_id, moved.data, secrets.seal("two", context="d").wrapped), context="c")


def test_what_was_sealed_before_there_were_envelopes_opens_and_gets_one(keys: LazySettings) -> None:
    nonce = bytes(12)
    data = nonce + AESGCM(secrets.derive(OLD, "target secrets")).encrypt(nonce, b"hunter2", b"c")
    before = Sealed(secrets.key_id(OLD), data)
    keys.SNAKEWEB_SECRET_KEYS = (NEW, OLD)

    assert secrets.unseal(before, context="c") == "hunter2"
    moved = secrets.rewrap(before, context="c")

    assert moved.wrapped
    assert secrets.unseal(moved, context="c") == "hunter2"


def test_a_sealed_value_as_text_is_read_back_and_other_texts_are_none() -> None:
    sealed = secrets.seal("a", context="c")

    assert secrets.from_text(sealed.as_text()) == sealed
    assert [secrets.from_text(text) for text in ("", "JBSWY3DPEHPK3PXP", "sealed1.k.a.b", "x.y.z.w")] == [None] * 4


def test_second_factors_of_before_they_were_sealed_still_work() -> None:
    sealed = secrets.seal_factor("JBSWY3DPEHPK3PXP")

    assert "JBSWY3DPEHPK3PXP" not in sealed
    assert secrets.unseal_factor(sealed) == secrets.unseal_factor("JBSWY3DPEHPK3PXP") == "JBSWY3DPEHPK3PXP"
    assert secrets.unseal_factor(secrets.rewrap_factor("JBSWY3DPEHPK3PXP")) == "JBSWY3DPEHPK3PXP"


def test_what_was_opened_is_hidden_from_then_on() -> None:
    secrets.unseal(secrets.seal("a-password-of-this-test", context="c"), context="c")

    assert redact_text("it is a-password-of-this-test") == f"it is {HIDDEN}"


@pytest.mark.django_db
def test_a_credential_is_kept_in_an_envelope(keys: LazySettings) -> None:
    row = target("sessions")
    secrets.store(target_id=row.pk, name="password", clear="one", at=AT)
    secrets.store(target_id=row.pk, name="password", clear="two", at=AT)

    assert secrets.reveal_all(row.pk) == {"password": "two"}
    assert bytes(SealedSecret.objects.get().wrapped)


def test_a_new_key_in_front_changes_no_fingerprint(keys: LazySettings) -> None:
    before = secrets.fingerprint_key()
    keys.SNAKEWEB_SECRET_KEYS = (NEW, OLD)

    assert secrets.fingerprint_key() == before
    assert len(before) == 32
