"""Credentials at rest: AES-256-GCM under keys derived from `SNAKEWEB_SECRET_KEYS`, each named by a key id.

The first key seals, every listed key unseals; `rotate()` re-seals what an older key holds. The context (say
`target:5:password`) is authenticated with the text, so a sealed value moved to another row does not open.
"""

import hashlib
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import transaction

from migrations_app.engine.errors import DependencyUnavailable
from migrations_app.models import SealedSecret

NONCE_BYTES = 12
KEY_ID_LENGTH = 12
HIDDEN = "•••"
_SECRET_NAME = re.compile(r"password|passwd|secret|token|credential|private_key|api_key|authorization", re.IGNORECASE)
_URL_PASSWORD = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*://[^\s:/@]*):[^\s/@]+@", re.IGNORECASE)


class SecretUnreadable(DependencyUnavailable):
    """A stored credential cannot be opened with the keys that this process was given."""

    code = "secret_unreadable"
    retryable = False
    recovery_actions = (
        "Put the key that sealed it back into SNAKEWEB_SECRET_KEYS, after the current one.",
        "Or enter the target's credentials again.",
    )


@dataclass(frozen=True, slots=True)
class Sealed:
    """`data` = nonce (12 bytes) and ciphertext with tag; `key_id` names the key, and tells nothing about it."""

    key_id: str
    data: bytes


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
    current = keys()[0]
    nonce = os.urandom(NONCE_BYTES)
    data = AESGCM(derive(current, "target secrets")).encrypt(nonce, clear.encode(), context.encode())
    return Sealed(key_id(current), nonce + data)


def unseal(sealed: Sealed, *, context: str) -> str:
    """The clear text. Raises SecretUnreadable for a key that is not listed, changed bytes or another context."""
    cipher = AESGCM(derive(key_named(sealed.key_id), "target secrets"))
    try:
        clear = cipher.decrypt(sealed.data[:NONCE_BYTES], sealed.data[NONCE_BYTES:], context.encode())
    except InvalidTag:
        raise SecretUnreadable(f"The sealed value for {context} was changed or belongs elsewhere.") from None
    return clear.decode()


def target_context(target_id: int, name: str) -> str:
    return f"target:{target_id}:{name}"


def store(*, target_id: int, name: str, clear: str, at: datetime) -> None:
    """Seal one credential of a target into its row."""
    sealed = seal(clear, context=target_context(target_id, name))
    SealedSecret.objects.update_or_create(
        target_id=target_id, name=name, defaults={"key_id": sealed.key_id, "sealed": sealed.data, "changed_at": at}
    )


def reveal_all(target_id: int) -> dict[str, str]:
    """Name -> clear text of a target's credentials. For workers and connection tests; never for pages."""
    return {
        row.name: unseal(Sealed(row.key_id, bytes(row.sealed)), context=target_context(target_id, row.name))
        for row in SealedSecret.objects.filter(target_id=target_id)
    }


def rotate(*, at: datetime) -> int:
    """Re-seal every credential that another key than the current one holds. Returns how many were."""
    current = key_id(keys()[0])
    moved = 0
    for row in SealedSecret.objects.exclude(key_id=current).order_by("pk"):
        context = target_context(row.target_id, row.name)
        fresh = seal(unseal(Sealed(row.key_id, bytes(row.sealed)), context=context), context=context)
        with transaction.atomic():  # compare-and-set: a credential entered meanwhile is newer than what we read
            moved += SealedSecret.objects.filter(pk=row.pk, key_id=row.key_id, changed_at=row.changed_at).update(
                key_id=fresh.key_id, sealed=fresh.data, changed_at=at
            )
    return moved


def fingerprint_key() -> bytes:
    """Key of the session fingerprints. From the oldest listed key, so that adding a key changes no fingerprint."""
    return derive(keys()[-1], "session fingerprints")


def redact(value: Any, hidden: Iterable[str] = ()) -> Any:
    """A copy of a JSON-like value without secrets.

    Left out are: entries whose name says secret, passwords inside URLs, and every occurrence of a `hidden` text.
    """
    texts = tuple(text for text in hidden if text)
    return _redact(value, texts)


def _redact(value: Any, hidden: tuple[str, ...]) -> Any:
    if isinstance(value, str):
        return redact_text(value, hidden)
    if isinstance(value, Mapping):
        return {
            key: HIDDEN if _SECRET_NAME.search(str(key)) and isinstance(item, str) and item else _redact(item, hidden)
            for key, item in value.items()
        }
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [_redact(item, hidden) for item in value]
    return value


def redact_text(text: str, hidden: tuple[str, ...] = ()) -> str:
    for secret in hidden:
        text = text.replace(secret, HIDDEN)
    return _URL_PASSWORD.sub(rf"\g<scheme>:{HIDDEN}@", text)
