"""A snapshot file opened: where each session's line lies. Values stay on the disk; a change writes a new file."""

import contextlib
import errno
import os
import stat
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import BinaryIO, NamedTuple

from migrations_app.engine.errors import DependencyUnavailable, InsufficientResources, Problem, ValidationFailed
from migrations_app.stores.sessions.records import UNVERSIONED, SessionRecord, Version
from migrations_app.stores.sessions.snapshot_file import read_record, write_record

NEW = ".new"
CHUNK_BYTES = 1024 * 1024


class Line(NamedTuple):
    """Where a session lies, without the line's end, and what is asked about it most."""

    offset: int
    length: int
    version: Version
    expires_at_ms: int | None

    def lives(self, now_ms: int) -> bool:
        return self.expires_at_ms is None or self.expires_at_ms > now_ms


class Snapshot:
    """One state of a file, as it was when it was opened. Memory: about 0.4 kB a session, whatever its size.

    Of several lines with one id (a scan may repeat a session) the one counts that applying them in order leaves.
    """

    def __init__(self, path: str) -> None:
        """Raises ValidationFailed naming the first line that is no session, OSError for what is no plain file."""
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise OSError(errno.EISDIR, os.strerror(errno.EISDIR), path)  # a pipe would keep the opener waiting
        self._path = path
        self._stream: BinaryIO = open(path, "rb")  # noqa: SIM115 - closed by close()
        self._state = os.fstat(self._stream.fileno())
        self._ids: list[str] | None = None
        self._superseded = False
        self.lines: dict[str, Line] = {}
        try:
            self._index()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._stream.close()

    def _index(self) -> None:
        offset = 0
        for number, line in enumerate(self._stream, start=1):
            record = read_record(line, number)
            found = Line(offset, len(line.removesuffix(b"\n")), record.version, record.expires_at_ms)
            offset += len(line)
            before = self.lines.get(record.id)
            if before is not None:
                self._superseded = True
                if not _counts(found, before):
                    continue
                del self.lines[record.id]  # the index keeps the order of the file
            self.lines[record.id] = found

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
            self._ids = sorted(self.lines)
        return self._ids

    def record(self, session_id: str) -> SessionRecord:
        """Raises KeyError for an id without a line."""
        line = self.lines[session_id]
        return read_record(os.pread(self._stream.fileno(), line.length, line.offset), 0)

    def change(self, drop: Collection[str], add: Sequence[SessionRecord]) -> None:
        """Put a file in this one's place that lacks `drop` and ends with `add`; ids of `add` are new or dropped.

        Under the sidecar's lock. The new file is there as a whole, on the disk, or the old one still is.
        """
        kept = self.lines if not drop and not self._superseded else _moved(self.lines, drop)
        added: dict[str, Line] = {}
        with replacing(self._path) as stream:
            for begin, end in _runs(self.lines, drop) if self.lines else ():
                self._copy(begin, end, stream)
                stream.write(b"\n")
            offset = stream.tell()
            for record in add:
                length = write_record(stream, record)
                added[record.id] = Line(offset, length - 1, record.version, record.expires_at_ms)
                offset += length
        self._stream.close()
        self._stream = open(self._path, "rb")  # noqa: SIM115 - closed by close()
        self._state = os.fstat(self._stream.fileno())
        self._superseded = False
        self._ids = None
        self.lines = kept
        self.lines.update(added)

    def _copy(self, begin: int, end: int, stream: BinaryIO) -> None:
        while begin < end:
            chunk = os.pread(self._stream.fileno(), min(CHUNK_BYTES, end - begin), begin)
            if not chunk:
                raise DependencyUnavailable(f"{self._path} became shorter while it was read; nothing was changed.")
            stream.write(chunk)
            begin += len(chunk)


def _counts(found: Line, before: Line) -> bool:
    if found.version == UNVERSIONED or found.version > before.version:
        return True
    never = float("inf")
    later = (found.expires_at_ms or never) > (before.expires_at_ms or never)
    return found.version == before.version and later


def _moved(lines: dict[str, Line], drop: Collection[str]) -> dict[str, Line]:
    """Where the lines lie once those of `drop` are gone."""
    moved, offset = {}, 0
    for session_id, line in lines.items():
        if session_id not in drop:
            moved[session_id] = line._replace(offset=offset)
            offset += line.length + 1
    return moved


def _runs(lines: dict[str, Line], drop: Collection[str]) -> Iterator[tuple[int, int]]:
    """Stretches of the file that stay, from the first line's begin to the last one's end."""
    begin = end = -1
    for session_id, line in lines.items():
        if session_id in drop:
            continue
        if line.offset != end + 1 or begin < 0:
            if begin >= 0:
                yield begin, end
            begin = line.offset
        end = line.offset + line.length
    if begin >= 0:
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
