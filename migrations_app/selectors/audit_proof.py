"""What proves one entry of the audit trail: the checkpoint that covers it, and the way from its hash to that root."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from migrations_app.models import AuditCheckpoint, AuditEntry, AuditPlace
from migrations_app.proofs.checkpoint import CheckpointDamaged, from_document
from migrations_app.proofs.keys import PublicKeys, UnknownKey
from migrations_app.proofs.merkle import Tree, root_by


@dataclass(frozen=True, slots=True)
class EntryProof:
    """`checkpoint` None: the entry is newer than the newest one, and only the database vouches for it yet.

    `hash_holds`: its hash is that of its stored bytes. `holds`: beside that, the hash and the `path` of its
    siblings lead to the root that a trusted key has signed. `index` (from 0) is its place in the segment
    of `first` to `last`. `kept_in` names the places off this machine that have the checkpoint. `public_key` (hex) is
    what the signature verifies with.
    """

    hash: str
    hash_holds: bool
    checkpoint: int | None = None
    first: int = 0
    last: int = 0
    index: int = 0
    sealed_at: datetime | None = None
    root: str = ""
    path: tuple[str, ...] = ()
    holds: bool = False
    public_key: str = ""
    kept_in: tuple[str, ...] = ()
    problem: str = ""


def entry_proof(seq: int, *, trusted: PublicKeys) -> EntryProof:
    """Of an entry that is there; whoever asks has looked at permission. Raises AuditEntry.DoesNotExist.

    What the row of the checkpoint says of its own key is not believed: only one that is `trusted` counts.
    """
    entry = AuditEntry.objects.only("seq", "hash", "body").get(seq=seq)
    hash_holds = hashlib.sha256(bytes(entry.body)).hexdigest() == entry.hash
    # Segments follow each other: the one whose end comes next is the only one that may hold the entry.
    row = AuditCheckpoint.objects.filter(last__gte=seq).order_by("last").first()
    if row is None or row.first > seq:
        return EntryProof(entry.hash, hash_holds)
    hashes = list(
        AuditEntry.objects.filter(seq__gte=row.first, seq__lte=row.last).order_by("seq").values_list("seq", "hash")
    )
    index = seq - row.first
    kept = AuditPlace.objects.filter(written_through__gte=row.number).values_list("name", flat=True)
    problem, root = "", ""
    path: tuple[str, ...] = ()
    try:
        document = from_document({"body": row.body, "signature": row.signature})
        sealed, root = document.checkpoint, document.checkpoint.root
        document.check(trusted)
        if [one for one, _ in hashes] != list(range(sealed.first, sealed.last + 1)):
            problem = "Entries of its segment are missing, so that nothing of it can be proven."
        else:
            path = tuple(Tree([digest for _, digest in hashes]).path(index))
            if root_by(path, entry=entry.hash, index=index, size=sealed.size) != root:
                problem = f"The segment is not the one that checkpoint {row.number} has sealed."
    except UnknownKey:
        problem = f"Checkpoint {row.number} was signed with a key that is not among those of this Snakeweb."
    except (CheckpointDamaged, ValueError):
        problem = f"Checkpoint {row.number} is not as it was written."
    if not hash_holds:
        problem = "The stored bytes do not have the hash of the entry: they were changed."
    return EntryProof(
        hash=entry.hash,
        hash_holds=hash_holds,
        checkpoint=row.number,
        first=row.first,
        last=row.last,
        index=index,
        sealed_at=row.at,
        root=root,
        path=path,
        holds=not problem,
        public_key=row.public_key,
        kept_in=tuple(kept),
        problem=problem,
    )
