"""An export of the audit trail as a file that proves itself: JSON lines, written and read one at a time.

    {"line": "begin", format, at, by, filters, key}
    {"line": "checkpoint", body, signature}                       before the first entry that it proves
    {"line": "entry", seq, hash, previous, body, checkpoint, path}   checkpoint null: not sealed yet, so not proven
    {"line": "end", entries, proven, sha256, signature}

`body` is the stored canonical text, `path` the Merkle siblings of its hash. `sha256` is that of every byte before the
last line, and it is signed: each byte of the file is covered. A filtered export proves that each of its entries was in
the sealed chain as it stands here; that no other entry matches the filter it cannot prove.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import rfc8785

from migrations_app.proofs.checkpoint import Checkpoint, SignedCheckpoint, from_document
from migrations_app.proofs.keys import PublicKeys, Signer, UnknownKey
from migrations_app.proofs.merkle import root_by

FORMAT = 1
MOST_LINE_BYTES = 4 * 1024 * 1024
_PURPOSE = b"snakeweb audit export"


class ExportDamaged(ValueError):
    """The file does not prove what it says. `line` counts from 1; the argument is for people."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True)
class Entry:
    """One link of the chain, and what proves it: None while no checkpoint seals it."""

    seq: int
    hash: str
    previous: str
    body: str
    checkpoint: SignedCheckpoint | None = None
    path: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class ExportCheck:
    """`unproven` entries are newer than the newest checkpoint: their chain is intact, but nothing outside knows them.

    `whole`: entries follow each other without a gap from `first` to `last`, so that nothing between is left out.
    """

    entries: int
    proven: int
    first: int | None
    last: int | None
    checkpoints: int
    whole: bool
    filters: Mapping[str, Any]
    at: str
    key: str

    @property
    def unproven(self) -> int:
        return self.entries - self.proven


def lines(
    entries: Iterable[Entry], *, signer: Signer, at: str, by: str, filters: Mapping[str, str | int]
) -> Iterator[bytes]:
    """The file, a line at a time. `entries` come in the order of the chain."""
    total = hashlib.sha256()
    count, proven, shown = 0, 0, 0

    def line(content: dict[str, Any]) -> bytes:
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        total.update(text)
        return text

    yield line({"line": "begin", "format": FORMAT, "at": at, "by": by, "filters": dict(filters), "key": signer.key})
    for entry in entries:
        number = entry.checkpoint.checkpoint.number if entry.checkpoint else None
        if entry.checkpoint is not None and number != shown:
            shown = entry.checkpoint.checkpoint.number
            yield line({"line": "checkpoint", **entry.checkpoint.document()})
        members = {"seq": entry.seq, "hash": entry.hash, "previous": entry.previous, "body": entry.body}
        yield line({"line": "entry", **members, "checkpoint": number, "path": list(entry.path)})
        count, proven = count + 1, proven + (number is not None)
    end: dict[str, Any] = {"entries": count, "proven": proven, "sha256": total.hexdigest()}
    signature = signer.sign(_PURPOSE, rfc8785.dumps({**end, "key": signer.key}))
    yield rfc8785.dumps({"line": "end", **end, "signature": signature.hex()}) + b"\n"


def verify(file: Iterable[bytes], keys: PublicKeys) -> ExportCheck:
    """Read it once, line by line. Raises ExportDamaged at the first line that proves something wrong."""
    reading = _Reading(keys)
    for number, line in enumerate(file, 1):
        try:
            reading.take(line)
        except UnknownKey as error:
            raise ExportDamaged(number, f"it is signed by key {error}, which was not given") from error
        except (ValueError, RecursionError) as error:
            raise ExportDamaged(number, str(error)) from error
        reading.read = number
    if reading.check is None:
        raise ExportDamaged(reading.read + 1, "the file ends before its last line: something is cut off")
    return reading.check


class _Reading:
    """What is known after each line. Every refusal is a ValueError for people."""

    def __init__(self, keys: PublicKeys) -> None:
        self._keys = keys
        self._total = hashlib.sha256()
        self._begin: Mapping[str, Any] | None = None
        self._checkpoint: Checkpoint | None = None
        self._checkpoints = 0
        self._newest: tuple[int, str] | None = None
        self._first: int | None = None
        self._count = self._proven = 0
        self._whole = True
        self.check: ExportCheck | None = None
        self.read = 0

    def take(self, line: bytes) -> None:
        if self.check is not None:
            raise ValueError("there is more behind the last line")
        content = _content(line)
        kind = content.pop("line")
        if (kind == "begin") != (self._begin is None):
            raise ValueError("the file does not begin as an export does" if self._begin is None else "it begins twice")
        match kind:
            case "begin":
                self._take_begin(content)
            case "checkpoint":
                self._take_checkpoint(content)
            case "entry":
                self._take_entry(content)
            case "end":
                self._take_end(content)
            case _:
                raise ValueError("this line is of no kind that an export has")
        self._total.update(line)

    def _take_begin(self, content: dict[str, Any]) -> None:
        _members(content, {"format": int, "at": str, "by": str, "filters": dict, "key": str})
        if content["format"] != FORMAT:
            raise ValueError(f"this is format {content['format']}; this program reads format {FORMAT}")
        self._begin = content

    def _take_checkpoint(self, content: dict[str, Any]) -> None:
        _members(content, {"body": str, "signature": str})
        found = from_document(content)
        found.check(self._keys)
        before = self._checkpoint
        if before is not None and found.checkpoint.number == before.number + 1 and not found.checkpoint.follows(before):
            raise ValueError(f"checkpoint {found.checkpoint.number} does not follow the one before it")
        if before is not None and found.checkpoint.number <= before.number:
            raise ValueError(f"checkpoint {found.checkpoint.number} is out of order")
        self._checkpoint = found.checkpoint
        self._checkpoints += 1

    def _take_entry(self, content: dict[str, Any]) -> None:
        expected = {"seq": int, "hash": str, "previous": str, "body": str, "checkpoint": int | None, "path": list}
        _members(content, expected)
        seq, digest = content["seq"], content["hash"]
        if hashlib.sha256(content["body"].encode()).hexdigest() != digest:
            raise ValueError(f"entry {seq} has a body that does not match its hash")
        said = json.loads(content["body"])
        if not isinstance(said, dict) or said.get("seq") != seq or said.get("previous") != content["previous"]:
            raise ValueError(f"entry {seq} holds the body of another entry")
        if self._newest is not None:
            before, hash_before = self._newest
            if seq <= before:
                raise ValueError(f"entry {seq} comes after entry {before}: they are out of order")
            if seq == before + 1 and content["previous"] != hash_before:
                raise ValueError(f"entry {seq} does not follow the entry before it")
            self._whole = self._whole and seq == before + 1
        if content["checkpoint"] is not None:
            self._prove(seq, digest, content)
        self._newest = (seq, digest)
        self._first = seq if self._first is None else self._first
        self._count += 1

    def _prove(self, seq: int, digest: str, content: Mapping[str, Any]) -> None:
        sealed = self._checkpoint
        if sealed is None or sealed.number != content["checkpoint"] or not sealed.first <= seq <= sealed.last:
            raise ValueError(
                f"entry {seq} names checkpoint {content['checkpoint']}, which is not before it or not its own"
            )
        if not all(isinstance(one, str) for one in content["path"]):
            raise ValueError(f"entry {seq} has a path that is none")
        root = root_by(content["path"], entry=digest, index=seq - sealed.first, size=sealed.size)
        if root != sealed.root:
            raise ValueError(f"entry {seq} is not the one that checkpoint {sealed.number} has sealed")
        self._proven += 1

    def _take_end(self, content: dict[str, Any]) -> None:
        _members(content, {"entries": int, "proven": int, "sha256": str, "signature": str})
        if self._begin is None:
            raise ValueError("the file has no beginning")
        text = content.pop("signature")
        signature = bytes.fromhex(text)
        if signature.hex() != text:  # capital letters and spaces mean the same, and are not what was written
            raise ValueError("the last line is not as it was signed")
        key = self._begin["key"]
        if not self._keys.signed(signature, _PURPOSE, rfc8785.dumps({**content, "key": key}), key=key):
            raise ValueError("the last line is not as it was signed")
        if content != {"entries": self._count, "proven": self._proven, "sha256": self._total.hexdigest()}:
            raise ValueError("the file is not as it was signed: something was changed, added or cut out")
        first, last = self._first, self._newest[0] if self._newest else None
        at, filters = self._begin["at"], self._begin["filters"]
        whole = self._whole and self._count > 0
        self.check = ExportCheck(self._count, self._proven, first, last, self._checkpoints, whole, filters, at, key)


def _content(line: bytes) -> dict[str, Any]:
    if len(line) > MOST_LINE_BYTES:
        raise ValueError("this line is longer than an entry can be")
    try:
        content = json.loads(line)
    except (ValueError, RecursionError):
        raise ValueError("this line is no JSON") from None
    if not isinstance(content, dict) or not isinstance(content.get("line"), str):
        raise ValueError("this line is none of an export")
    if content["line"] == "end" and not _as_written(content, line):
        raise ValueError("the last line is not written as an export writes it")
    return content


def _as_written(content: Mapping[str, Any], line: bytes) -> bool:
    """Only the last line has to be written in one way: the bytes of all others are under its signature."""
    try:
        return bool(rfc8785.dumps(dict(content)) + b"\n" == line)
    except (rfc8785.CanonicalizationError, RecursionError, UnicodeError):
        return False


def _members(content: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    if content.keys() != expected.keys():
        raise ValueError("this line has other members than an export gives it")
    wrong = [name for name, kind in expected.items() if not isinstance(content[name], kind)]
    if wrong or any(isinstance(value, bool) for value in content.values()):
        raise ValueError(f"this line holds something else than it should: {', '.join(wrong) or 'true or false'}")
