import pytest
from django.conf import LazySettings

from migrations_app.models import SealedSecret
from migrations_app.runtime import secrets
from migrations_app.runtime.secrets import HIDDEN, Sealed, SecretUnreadable
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


@pytest.mark.django_db
def test_rotation_moves_every_credential_to_the_current_key(keys: LazySettings) -> None:
    row = target("sessions")
    secrets.store(target_id=row.pk, name="password", clear="one", at=AT)
    secrets.store(target_id=row.pk, name="readonly_password", clear="two", at=AT)
    keys.SNAKEWEB_SECRET_KEYS = (NEW, OLD)
    secrets.store(target_id=row.pk, name="password", clear="three", at=AT)

    assert secrets.rotate(at=AT) == 1
    assert secrets.rotate(at=AT) == 0
    keys.SNAKEWEB_SECRET_KEYS = (NEW,)
    assert secrets.reveal_all(row.pk) == {"password": "three", "readonly_password": "two"}
    assert {row.key_id for row in SealedSecret.objects.all()} == {secrets.key_id(NEW)}


def test_a_new_key_in_front_changes_no_fingerprint(keys: LazySettings) -> None:
    before = secrets.fingerprint_key()
    keys.SNAKEWEB_SECRET_KEYS = (NEW, OLD)

    assert secrets.fingerprint_key() == before
    assert len(before) == 32


def test_redaction_hides_by_name_by_url_and_by_value() -> None:
    shown = secrets.redact(
        {
            "password": "hunter2",
            "nested": [{"api_key": "k", "port": 6379}],
            "url": "redis://user:hunter2@host:1/0",
            "message": "login with hunter2 failed",
            "tokens": 3,
            "password_set": True,
        },
        hidden=["hunter2", ""],
    )

    assert shown == {
        "password": HIDDEN,
        "nested": [{"api_key": HIDDEN, "port": 6379}],
        "url": f"redis://user:{HIDDEN}@host:1/0",
        "message": f"login with {HIDDEN} failed",
        "tokens": 3,
        "password_set": True,
    }
