"""A snapshot file opened: where each session lies. Values stay on the disk; a change writes a new file."""

import contextlib
import errno
import os
import stat
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import BinaryIO

from migrations_app.engine.errors import DependencyUnavailable, InsufficientResources, Problem, ValidationFailed
from migrations_app.stores.sessions.records import UNVERSIONED, SessionRecord
from migrations_app.stores.sessions.snapshot.form import Entry, Form

NEW = ".new"
CHUNK_BYTES = 1024 * 1024


class Snapshot:
    """One state of a file, as it was when it was opened. Memory: about 0.4 kB a session, whatever its size.

    Of several rows with one id (a scan may repeat a session) the one counts that applying them in order leaves.
    """

    def __init__(self, path: str, form: type[Form]) -> None:
        """Raises ValidationFailed for what is no such file, OSError for what is no plain file."""
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise OSError(errno.EISDIR, os.strerror(errno.EISDIR), path)  # a pipe would keep the opener waiting
        self._path = path
        self.form = form(open(path, "rb"))  # noqa: SIM115 - closed by close()
        self._state = os.fstat(self.form.stream.fileno())
        self._ids: list[str] | None = None
        self._superseded: list[Entry] = []
        self.entries: dict[str, Entry] = {}
        try:
            self._index()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self.form.stream.close()

    def _index(self) -> None:
        for session_id, found in self.form.entries():
            before = self.entries.get(session_id)
            if before is not None:
                if not _counts(found, before):
                    self._superseded.append(found)
                    continue
                self._superseded.append(before)
                del self.entries[session_id]  # the index keeps the order of the file
            self.entries[session_id] = found

    def is_current(self) -> bool:
        """Whether the file is still as it was when it was opened. Raises FileNotFoundError when it is gone."""
        now = os.stat(self._path)
        return os.path.samestat(now, self._state) and (now.st_mtime_ns, now.st_size) == (
            self._state.st_mtime_ns,
            self._state.st_size,
        )

    @property
    def ids(self) -> Sequence[str]:
        """All of them, expired ones too, in order."""
        if self._ids is None:
            self._ids = sorted(self.entries)
        return self._ids

    def record(self, session_id: str) -> SessionRecord:
        """Raises KeyError for an id without an entry, Unreadable."""
        return self.form.record(session_id, self.entries[session_id])

    def change(self, drop: Collection[str], add: Sequence[SessionRecord]) -> None:
        """Put a file in this one's place that lacks `drop` and ends with `add`; ids of `add` are new or dropped.

        Under the sidecar's lock. The new file is there as a whole, on the disk, or the old one still is.
        """
        gone = sorted([*(self.entries[session_id] for session_id in drop), *self._superseded])
        kept = _moved(self.entries, drop, gone) if gone else self.entries
        added: dict[str, Entry] = {}
        with replacing(self._path) as stream:
            for begin, end in _between(gone, self.form.end):
                self._copy(begin, end, stream)
            offset = stream.tell()
            for record in add:
                packed = self.form.packed(record)
                stream.write(packed)
                added[record.id] = Entry(offset, len(packed), record.version, record.expires_at_ms)
                offset += len(packed)
            rows = self.form.rows - len(gone) + len(added)
            stream.write(self.form.tail(rows))
        self.form.changed(open(self._path, "rb"), rows, offset)  # noqa: SIM115 - closed by close()
        self._state = os.fstat(self.form.stream.fileno())
        self._superseded = []
        self._ids = None
        self.entries = kept
        self.entries.update(added)

    def _copy(self, begin: int, end: int, stream: BinaryIO) -> None:
        while begin < end:
            chunk = self.form.read(begin, min(CHUNK_BYTES, end - begin))
            if not chunk and end - begin == len(self.form.lacking):
                chunk = self.form.lacking
            if not chunk:
                raise DependencyUnavailable(f"{self._path} became shorter while it was read; nothing was changed.")
            stream.write(chunk)
            begin += len(chunk)


def _counts(found: Entry, before: Entry) -> bool:
    if found.version == UNVERSIONED or found.version > before.version:
        return True
    never = float("inf")
    later = (found.expires_at_ms or never) > (before.expires_at_ms or never)
    return found.version == before.version and later


def _moved(entries: dict[str, Entry], drop: Collection[str], gone: Sequence[Entry]) -> dict[str, Entry]:
    """Where the entries lie once those of `drop`, and all else of `gone`, are gone."""
    moved, shorter, passed = dict[str, Entry](), 0, 0
    for session_id, entry in entries.items():
        if session_id not in drop:
            while passed < len(gone) and gone[passed].offset < entry.offset:
                shorter += gone[passed].length
                passed += 1
            moved[session_id] = entry._replace(offset=entry.offset - shorter)
    return moved


def _between(gone: Sequence[Entry], end: int) -> Iterator[tuple[int, int]]:
    """Stretches of the file that stay, up to `end`."""
    begin = 0
    for entry in gone:
        if begin < entry.offset:
            yield begin, entry.offset
        begin = entry.offset + entry.length
    if begin < end:
        yield begin, end


@contextmanager
def replacing(path: str) -> Iterator[BinaryIO]:
    """A stream whose content takes the file's place, on the disk, when the block ends well; else nothing changes.

    Owner and rights stay where there was a file; a new one is for its owner alone. Whoever calls holds the lock.
    """
    name = path + NEW
    handle = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with open(handle, "wb", buffering=CHUNK_BYTES) as stream:
            with contextlib.suppress(FileNotFoundError):
                before = os.stat(path)
                with contextlib.suppress(PermissionError):
                    os.fchown(handle, before.st_uid, before.st_gid)
                os.fchmod(handle, before.st_mode & 0o777)
            yield stream
            stream.flush()
            os.fsync(handle)
        os.replace(name, path)
        settle(path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)
        raise


def settle(path: str) -> None:
    """What became of the name `path` is on the disk when this returns."""
    folder = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def domain_errors(path: str) -> Iterator[None]:
    """Turns the system's errors into the engine's."""
    try:
        yield
    except FileNotFoundError:
        raise _not_usable(f"There is no snapshot file {path}.", "missing") from None
    except PermissionError:
        raise _not_usable(f"{path} may not be read or changed by this worker.", "permission") from None
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise InsufficientResources(f"There is no room left for {path}; it is as it was.") from None
        if error.errno in (errno.ELOOP, errno.EISDIR, errno.ENOTDIR, errno.EROFS, errno.ENAMETOOLONG):
            raise _not_usable(f"{path} is no file to keep sessions in.", "no_file") from None
        raise DependencyUnavailable(f"The snapshot file {path} failed: {error.strerror}.") from None


def _not_usable(message: str, code: str) -> ValidationFailed:
    return ValidationFailed(
        message, problems=[Problem("config.path", message, "Correct the target's path or its rights.", code)]
    )
