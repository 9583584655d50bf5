"""The Ed25519 keys (RFC 8032) that checkpoints and exports are signed with. Public ones are 64 hex digits, to be noted
down where somebody with access to the server cannot change them."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

KEY_ID_LENGTH = 16


class UnknownKey(LookupError):
    """Signed by a key that is not among those that were given. The argument is its id."""


def key_id(public: bytes) -> str:
    return hashlib.sha256(public).hexdigest()[:KEY_ID_LENGTH]


@dataclass(frozen=True, slots=True)
class Signer:
    """What can sign. `seed` is 32 secret bytes."""

    seed: bytes

    @property
    def public(self) -> bytes:
        return Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw()

    @property
    def key(self) -> str:
        return key_id(self.public)

    def sign(self, purpose: bytes, message: bytes) -> bytes:
        """`purpose` keeps a signature on one kind of document from being shown as one on another."""
        return Ed25519PrivateKey.from_private_bytes(self.seed).sign(purpose + b"\x00" + message)


class PublicKeys:
    """The keys that somebody trusts."""

    def __init__(self, keys: Iterable[bytes]) -> None:
        self._keys = {key_id(key): Ed25519PublicKey.from_public_bytes(key) for key in keys}

    @classmethod
    def from_hex(cls, texts: Iterable[str]) -> Self:
        """Raises ValueError, naming the text that is no public key."""
        keys = []
        for text in texts:
            try:
                keys.append(bytes.fromhex(text.strip()))
            except ValueError:
                raise ValueError(f"“{text[:80]}” is no public key: it has to be 64 hex digits.") from None
            if len(keys[-1]) != 32:
                raise ValueError(f"“{text[:80]}” is no public key: it has to be 64 hex digits.")
        return cls(keys)

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(self._keys)

    def signed(self, signature: bytes, purpose: bytes, message: bytes, *, key: str) -> bool:
        """Raises UnknownKey."""
        if key not in self._keys:
            raise UnknownKey(key)
        try:
            self._keys[key].verify(signature, purpose + b"\x00" + message)
        except InvalidSignature:
            return False
        return True
