"""A signed checkpoint: what a segment of the audit chain was when it was sealed, and which checkpoint came before.

Its body is RFC 8785 JSON: format, number (from 1), first and last (entries, both included), root (Merkle, of their
hashes), head (the hash of the last), previous (SHA-256 of the body before; zeros for the first), at (UTC), key (id of
the signing key). A document is body and signature, as it is written to other machines.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

import rfc8785

from migrations_app.proofs.keys import PublicKeys, Signer

FORMAT = 1
NOTHING_BEFORE = "0" * 64
_PURPOSE = b"snakeweb audit checkpoint"


class CheckpointDamaged(ValueError):
    """It is none, or not as it was signed. The argument says how, for people."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    number: int
    first: int
    last: int
    root: str
    head: str
    previous: str
    at: str
    key: str
    format: int = FORMAT

    @property
    def body(self) -> bytes:
        return rfc8785.dumps(asdict(self))

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.body).hexdigest()

    @property
    def size(self) -> int:
        return self.last - self.first + 1

    def follows(self, before: "Checkpoint | None") -> bool:
        if before is None:
            return (self.number, self.first, self.previous) == (1, 1, NOTHING_BEFORE)
        expected = (before.number + 1, before.last + 1, before.digest)
        return (self.number, self.first, self.previous) == expected


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    checkpoint: Checkpoint
    signature: bytes

    def check(self, keys: PublicKeys) -> None:
        """Raises CheckpointDamaged, and UnknownKey."""
        if not keys.signed(self.signature, _PURPOSE, self.checkpoint.body, key=self.checkpoint.key):
            raise CheckpointDamaged(f"checkpoint {self.checkpoint.number} is not as it was signed")

    def document(self) -> dict[str, str]:
        return {"body": self.checkpoint.body.decode(), "signature": self.signature.hex()}


def signed(checkpoint: Checkpoint, signer: Signer) -> SignedCheckpoint:
    return SignedCheckpoint(checkpoint, signer.sign(_PURPOSE, checkpoint.body))


def from_document(document: Any) -> SignedCheckpoint:
    """Raises CheckpointDamaged for anything that `document` did not make, to the byte."""
    try:
        content = json.loads(document["body"])
        checkpoint = Checkpoint(**content)
        signature = bytes.fromhex(document["signature"])
        same = checkpoint.body == document["body"].encode() and signature.hex() == document["signature"]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, rfc8785.CanonicalizationError) as error:
        raise CheckpointDamaged("this is no checkpoint") from error
    if not same or not _plausible(checkpoint):
        raise CheckpointDamaged("this is no checkpoint of a format that is known here")
    return SignedCheckpoint(checkpoint, signature)


def _plausible(checkpoint: Checkpoint) -> bool:
    numbers = (checkpoint.format, checkpoint.number, checkpoint.first, checkpoint.last)
    texts = (checkpoint.root, checkpoint.head, checkpoint.previous, checkpoint.at, checkpoint.key)
    return (
        all(type(one) is int and one > 0 for one in numbers)
        and all(isinstance(one, str) for one in texts)
        and checkpoint.format == FORMAT
        and checkpoint.first <= checkpoint.last
    )
