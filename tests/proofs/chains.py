"""Small chains, sealed and exported, for tests that damage them."""

import hashlib
import json
from collections.abc import Sequence

from migrations_app.proofs.checkpoint import NOTHING_BEFORE, Checkpoint, SignedCheckpoint, signed
from migrations_app.proofs.export import Entry, lines
from migrations_app.proofs.keys import PublicKeys, Signer
from migrations_app.proofs.merkle import Tree

SIGNER = Signer(bytes(range(32)))
KEYS = PublicKeys([SIGNER.public])
AT = "2026-03-01T12:00:00.000000Z"


def chain(length: int, *, actor: str = "olga") -> list[Entry]:
    entries, previous = [], "0" * 64
    for seq in range(1, length + 1):
        body = json.dumps({"seq": seq, "previous": previous, "actor": actor})
        entries.append(Entry(seq, hashlib.sha256(body.encode()).hexdigest(), previous, body))
        previous = entries[-1].hash
    return entries


def sealed(entries: Sequence[Entry], sizes: Sequence[int], signer: Signer = SIGNER) -> list[SignedCheckpoint]:
    """One checkpoint a size, from the first entry on."""
    made: list[SignedCheckpoint] = []
    first = 0
    for size in sizes:
        part = entries[first : first + size]
        before = made[-1].checkpoint if made else None
        one = Checkpoint(
            number=len(made) + 1,
            first=part[0].seq,
            last=part[-1].seq,
            root=Tree([entry.hash for entry in part]).root,
            head=part[-1].hash,
            previous=before.digest if before else NOTHING_BEFORE,
            at=AT,
            key=signer.key,
        )
        made.append(signed(one, signer))
        first += size
    return made


def proven(entries: Sequence[Entry], checkpoints: Sequence[SignedCheckpoint]) -> list[Entry]:
    """The same entries, each with its proof where a checkpoint seals it."""
    found = []
    for entry in entries:
        seal = next((one for one in checkpoints if one.checkpoint.first <= entry.seq <= one.checkpoint.last), None)
        if seal is None:
            found.append(entry)
            continue
        hashes = [one.hash for one in entries[seal.checkpoint.first - 1 : seal.checkpoint.last]]
        path = Tree(hashes).path(entry.seq - seal.checkpoint.first)
        found.append(Entry(entry.seq, entry.hash, entry.previous, entry.body, seal, path))
    return found


def exported(entries: Sequence[Entry], signer: Signer = SIGNER) -> list[bytes]:
    return list(lines(entries, signer=signer, at=AT, by="avery", filters={"actor": "olga"}))
