"""Where signed checkpoints are written off this machine: whoever changes the database does not reach them there.

    file:///mnt/evidence                 one file a checkpoint, `checkpoint-000000000001.json`
    git+file:///srv/evidence?push=origin the same in a git work tree, each committed, pushed where `push` names a remote
    https://receiver.example/audit       each sent as JSON; such a place cannot be read back

Writing again what is there already is no error; another checkpoint under the same number is.
"""

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from migrations_app.engine.hiding import redact_text
from migrations_app.proofs.checkpoint import CheckpointDamaged, SignedCheckpoint, from_document
from migrations_app.runtime import outgoing

_SECONDS = 10


class PlaceUnusable(RuntimeError):
    """The place cannot be read or written, or holds something else. For people; secrets in it are hidden."""

    def __init__(self, message: str) -> None:
        super().__init__(redact_text(message))


class Place(Protocol):
    name: str

    def write(self, one: SignedCheckpoint) -> None:
        """Raises PlaceUnusable."""

    def read(self) -> Mapping[int, SignedCheckpoint] | None:
        """By number; None for a place that cannot be read back. Raises PlaceUnusable."""


def place_at(url: str) -> Place:
    """Raises ValueError for an address that is none of those above."""
    parts = urlsplit(url)
    path = Path(unquote(parts.path))
    if parts.scheme in ("file", "git+file") and not parts.netloc and path.is_absolute():
        directory = Directory(path)
        if parts.scheme == "file":
            return directory
        return GitWorkTree(directory, remote=parse_qs(parts.query).get("push", [""])[0])
    if parts.scheme in ("http", "https") and parts.hostname:
        return Receiver(url)
    raise ValueError(f"“{parts.scheme}://…” is no place for checkpoints. Use file:///…, git+file:///… or https://….")


class Directory:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = str(path)

    def file_of(self, number: int) -> Path:
        return self.path / f"checkpoint-{number:012d}.json"

    def write(self, one: SignedCheckpoint) -> None:
        file = self.file_of(one.checkpoint.number)
        beside = file.with_suffix(f".{os.getpid()}")
        content = json.dumps(one.document()).encode() + b"\n"
        try:
            beside.write_bytes(content)
            try:
                os.link(beside, file)  # refuses to replace what is there
            except FileExistsError:
                if file.read_bytes() != content:
                    raise PlaceUnusable(f"{file} holds another checkpoint {one.checkpoint.number}.") from None
            finally:
                beside.unlink()
        except OSError as error:
            raise PlaceUnusable(f"{self.path} cannot be written: {error.strerror or error}.") from error

    def read(self) -> Mapping[int, SignedCheckpoint]:
        found: dict[int, SignedCheckpoint] = {}
        try:
            for file in sorted(self.path.glob("checkpoint-*.json")):
                one = from_document(json.loads(file.read_bytes()))
                found[one.checkpoint.number] = one
        except OSError as error:
            raise PlaceUnusable(f"{self.path} cannot be read: {error.strerror or error}.") from error
        except (ValueError, RecursionError, CheckpointDamaged) as error:
            raise PlaceUnusable(f"{file} holds no checkpoint.") from error
        return found


class GitWorkTree:
    """A work tree that exists already; commits are made as whoever git is set up for there."""

    def __init__(self, directory: Directory, *, remote: str = "") -> None:
        self._directory, self._remote = directory, remote
        self.name = f"git in {directory.path}"

    def write(self, one: SignedCheckpoint) -> None:
        self._directory.write(one)
        file = self._directory.file_of(one.checkpoint.number).name
        self._git("add", "--", file)
        if self._git("status", "--porcelain", "--", file):
            message = f"Audit checkpoint {one.checkpoint.number}, through entry {one.checkpoint.last}"
            self._git("commit", "--quiet", "-m", message, "--", file)
        if self._remote:
            self._git("push", "--quiet", self._remote, "HEAD")

    def read(self) -> Mapping[int, SignedCheckpoint]:
        return self._directory.read()

    def _git(self, *words: str) -> str:
        command = ["git", "-C", str(self._directory.path), *words]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=True)  # noqa: S603
        except FileNotFoundError:
            raise PlaceUnusable("The command git is not there.") from None
        except subprocess.TimeoutExpired:
            raise PlaceUnusable(f"git {words[0]} in {self._directory.path} did not end in {_SECONDS} s.") from None
        except subprocess.CalledProcessError as error:
            raise PlaceUnusable(
                f"git {words[0]} in {self._directory.path}: {redact_text(error.stderr.strip())[:300]}"
            ) from error
        return done.stdout


class Receiver:
    def __init__(self, url: str) -> None:
        self._url = url
        self.name = outgoing.shown(url)

    def write(self, one: SignedCheckpoint) -> None:
        content = json.dumps(one.document()).encode()
        try:
            answer = outgoing.post(self._url, content, {"Content-Type": "application/json"})
        except outgoing.CallFailed as error:
            raise PlaceUnusable(f"{self.name}: {error}") from error
        if not answer.is_success:
            raise PlaceUnusable(f"{self.name} answered {answer.status}.")

    def read(self) -> None:
        return None
