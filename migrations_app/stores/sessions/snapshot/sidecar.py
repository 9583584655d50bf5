"""`<path>.snakeweb` beside a snapshot file: the workers' fences, which runs created the file, and the lock.

One JSON object, replaced as a whole. It is there while it holds something or somebody works on the snapshot.
"""

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from migrations_app.engine.errors import DependencyUnavailable, Problem, ValidationFailed
from migrations_app.engine.ports import WorkerToken
from migrations_app.stores.sessions.applying import run_of, stale
from migrations_app.stores.sessions.snapshot.files import replacing

SUFFIX = ".snakeweb"
LOCK_SECONDS = 30.0  # a writer holds the lock while it writes the whole file anew
_POLL_SECONDS = 0.01


class Sidecar:
    """What the sidecar says, for as long as its lock is held (see `held`)."""

    def __init__(self, fences: dict[str, int], created: list[str]) -> None:
        self.fences = fences
        self.created = created

    def check(self, worker: WorkerToken) -> None:
        """Raises LeaseLost when a greater token is known, or none."""
        known = self.fences.get(worker.scope)
        if known is None or known > worker.token:
            raise stale(worker, known)

    def raise_to(self, worker: WorkerToken) -> None:
        """Raises LeaseLost when a greater token is known."""
        known = self.fences.get(worker.scope)
        if known is not None and known > worker.token:
            raise stale(worker, known)
        self.fences[worker.scope] = worker.token

    def forget(self, prefix: str) -> None:
        self.fences = {scope: token for scope, token in self.fences.items() if not scope.startswith(prefix)}

    def mark_created(self, worker: WorkerToken) -> None:
        if run_of(worker) not in self.created:
            self.created.append(run_of(worker))

    def created_by_run(self, worker: WorkerToken) -> bool:
        return run_of(worker) in self.created

    def content(self) -> dict[str, Any]:
        return {"fences": self.fences, "created": self.created} if self.fences or self.created else {}


@contextmanager
def held(path: str, *, seconds: float = LOCK_SECONDS) -> Iterator[Sidecar]:
    """The sidecar of the snapshot file at `path`, under its lock; what the block changed is kept if it ends well.

    Raises DependencyUnavailable when somebody else keeps the lock, ValidationFailed for a file that is no sidecar.
    """
    name = path + SUFFIX
    handle = _lock(name, seconds)
    try:
        before = _read(handle, name)
        sidecar = Sidecar(dict(before.get("fences", {})), list(before.get("created", ())))
        kept = before
        try:
            yield sidecar
            kept = sidecar.content()
        finally:
            # The last act: whoever locks the sidecar that lies there from now on is alone with it.
            if not kept:
                os.unlink(name)
            elif json.dumps(kept) != json.dumps(before):
                with replacing(name) as stream:
                    stream.write(json.dumps(kept).encode())
    finally:
        os.close(handle)


def _lock(name: str, seconds: float) -> int:
    """An open descriptor of the file that lies at `name`, locked. The lock of one that was replaced counts nothing."""
    deadline = time.monotonic() + seconds
    while True:
        handle = os.open(name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with contextlib.suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(handle), os.stat(name, follow_symlinks=False)):
                    return handle
        except BlockingIOError:
            if time.monotonic() > deadline:
                os.close(handle)
                raise DependencyUnavailable(f"{name} stays locked by somebody else.") from None
            time.sleep(_POLL_SECONDS)
        os.close(handle)


def _read(handle: int, name: str) -> dict[str, Any]:
    content = os.pread(handle, os.fstat(handle).st_size, 0)
    if not content:
        return {}
    with contextlib.suppress(ValueError):
        found = json.loads(content)
        if isinstance(found, dict) and isinstance(found.get("fences"), dict):
            return found
    message = f"{name} is not Snakeweb's own file."
    raise ValidationFailed(
        message, problems=[Problem("config.path", message, "Choose another path, or move that file.", "foreign_file")]
    )
