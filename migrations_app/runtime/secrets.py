"""Credentials at rest, in envelopes: each under a data key of its own, that one under one of `SNAKEWEB_SECRET_KEYS`.

The first listed key wraps, every listed key unwraps, and `rewrap` changes the wrapping alone. AES-256-GCM throughout.
The context (say `target:5:password`) is authenticated with both, so a sealed value moved to another row does not open.
Whatever is opened here is hidden from then on wherever this process writes (`engine/hiding.py`).
"""

import base64
import binascii
import hashlib
import os
from dataclasses import dataclass
from datetime import datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from migrations_app.engine import hiding
from migrations_app.engine.errors import DependencyUnavailable
from migrations_app.models import OutgoingSecret, SealedSecret, StoredSecret

NONCE_BYTES = 12
KEY_ID_LENGTH = 12
_TEXT_FORMAT = "sealed1"
_OF_FACTORS = "second factor"
_OF_DATA_KEYS = "data keys"
_BEFORE_ENVELOPES = "target secrets"


NAMED_COLUMNS = ("key_id", "sealed", "wrapped")


class SecretUnreadable(DependencyUnavailable):
    """A stored credential cannot be opened with the keys that this process was given."""

    code = "secret_unreadable"
    retryable = False
    recovery_actions = (
        "Put the key that sealed it back into SNAKEWEB_SECRET_KEYS, after the current one.",
        "Or enter the credential again.",
    )


@dataclass(frozen=True, slots=True)
class Sealed:
    """`data` = nonce (12 bytes) and ciphertext with tag. `wrapped` is the data key in the same form, sealed by the key
    that `key_id` names (and tells nothing about); empty in what was sealed by that key itself, before envelopes.
    """

    key_id: str
    data: bytes
    wrapped: bytes = b""

    def as_text(self) -> str:
        """For columns that take text; `from_text` reads it."""
        parts = (base64.urlsafe_b64encode(part).decode() for part in (self.wrapped, self.data))
        return ".".join((_TEXT_FORMAT, self.key_id, *parts))


def from_text(text: str) -> Sealed | None:
    """None for a text that `Sealed.as_text` did not make."""
    parts = text.split(".")
    if len(parts) != 4 or parts[0] != _TEXT_FORMAT:
        return None
    try:
        wrapped, data = (base64.urlsafe_b64decode(part) for part in parts[2:])
    except binascii.Error:
        return None
    return Sealed(parts[1], data, wrapped)


def key_id(key: str) -> str:
    """12 hex digits that name a key without telling anything about it."""
    return hashlib.sha256(b"snakeweb key id\0" + key.encode()).hexdigest()[:KEY_ID_LENGTH]


def derive(key: str, purpose: str) -> bytes:
    """32 bytes for one purpose (HKDF-SHA256, RFC 5869)."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"snakeweb {purpose}".encode()).derive(key.encode())


def keys() -> tuple[str, ...]:
    return tuple(settings.SNAKEWEB_SECRET_KEYS)


def key_named(wanted: str) -> str:
    """The listed key with this id. Raises SecretUnreadable when it is not listed (any more)."""
    for key in keys():
        if key_id(key) == wanted:
            return key
    raise SecretUnreadable(f"Nothing was opened: key {wanted} is not in SNAKEWEB_SECRET_KEYS.")


def seal(clear: str, *, context: str) -> Sealed:
    data_key = AESGCM.generate_key(256)
    hiding.remember(clear)
    return Sealed(key_id(keys()[0]), _encrypted(data_key, clear.encode(), context), _wrap(data_key, context))


def unseal(sealed: Sealed, *, context: str) -> str:
    """The clear text. Raises SecretUnreadable for a key that is not listed, changed bytes or another context."""
    key = _data_key(sealed, context) if sealed.wrapped else derive(key_named(sealed.key_id), _BEFORE_ENVELOPES)
    clear = _decrypted(key, sealed.data, context).decode()
    hiding.remember(clear)
    return clear


def rewrap(sealed: Sealed, *, context: str) -> Sealed:
    """The same value under the first listed key; what was sealed before there were envelopes gets one. Raises
    SecretUnreadable as `unseal`, also for a value whose envelope opens and whose bytes were changed."""
    clear = unseal(sealed, context=context)
    if not sealed.wrapped:
        return seal(clear, context=context)
    return Sealed(key_id(keys()[0]), sealed.data, _wrap(_data_key(sealed, context), context))


def _wrap(data_key: bytes, context: str) -> bytes:
    return _encrypted(derive(keys()[0], _OF_DATA_KEYS), data_key, f"key of {context}")


def _data_key(sealed: Sealed, context: str) -> bytes:
    return _decrypted(derive(key_named(sealed.key_id), _OF_DATA_KEYS), sealed.wrapped, f"key of {context}")


def _encrypted(key: bytes, clear: bytes, context: str) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, clear, context.encode())


def _decrypted(key: bytes, data: bytes, context: str) -> bytes:
    try:
        return AESGCM(key).decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], context.encode())
    except (InvalidTag, ValueError):
        what = context.removeprefix("key of ")
        raise SecretUnreadable(f"The sealed value for {what} was changed or belongs elsewhere.") from None


def target_context(target_id: int, name: str) -> str:
    return f"target:{target_id}:{name}"


def store(*, target_id: int, name: str, clear: str, at: datetime) -> None:
    """Seal one credential of a target into its row."""
    sealed = seal(clear, context=target_context(target_id, name))
    SealedSecret.objects.update_or_create(
        target_id=target_id,
        name=name,
        defaults={"key_id": sealed.key_id, "sealed": sealed.data, "wrapped": sealed.wrapped, "changed_at": at},
    )


def reveal_all(target_id: int) -> dict[str, str]:
    """Name -> clear text of a target's credentials. For workers and connection tests; never for pages."""
    return {
        row.name: unseal(sealed_in(row), context=target_context(target_id, row.name))
        for row in SealedSecret.objects.filter(target_id=target_id)
    }


def outgoing_context(owner: str, name: str) -> str:
    return f"outgoing:{owner}:{name}"


def sealed_in(row: SealedSecret | StoredSecret | OutgoingSecret) -> Sealed:
    return Sealed(row.key_id, bytes(row.sealed), bytes(row.wrapped))


def seal_factor(clear: str) -> str:
    """The secret of a second factor, as the text that its row keeps."""
    return seal(clear, context=_OF_FACTORS).as_text()


def unseal_factor(text: str) -> str:
    """One of before factors were sealed is clear already, and stays so until the next rotation."""
    sealed = from_text(text)
    return text if sealed is None else unseal(sealed, context=_OF_FACTORS)


def rewrap_factor(text: str) -> str:
    sealed = from_text(text)
    return seal_factor(text) if sealed is None else rewrap(sealed, context=_OF_FACTORS).as_text()


def secret_context(environment_id: int, name: str) -> str:
    return f"environment:{environment_id}:{name}"


def seal_named(row: StoredSecret, clear: str) -> None:
    """Put a value into the row, which the caller saves: `NAMED_COLUMNS` are what has changed."""
    sealed = seal(clear, context=secret_context(row.environment_id, row.name))
    row.key_id, row.sealed, row.wrapped = sealed.key_id, sealed.data, sealed.wrapped


def reveal_named(row: StoredSecret) -> str:
    """Its clear text, for the actions of a run; never for pages. Raises SecretUnreadable."""
    return unseal(sealed_in(row), context=secret_context(row.environment_id, row.name))


def fingerprint_key() -> bytes:
    """Key of the session fingerprints. From the oldest listed key, so that adding a key changes no fingerprint."""
    return derive(keys()[-1], "session fingerprints")
