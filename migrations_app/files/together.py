"""Changing several files so that all of them or none have their new content, as far as a file system permits.

Everything that can fail is done before the first change: every file is looked at and every new content lies on the
disk beside its file. A failure between two changes gives the first ones back. A process killed there leaves some files
new and some old, each whole; the same call again changes the rest, and the call with old and new exchanged takes back
what was done. So no journal is needed beside the fingerprints that the caller has anyway.
"""

import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from migrations_app.engine.crash_points import reach
from migrations_app.engine.errors import MigrationError
from migrations_app.files.aside import remove_what_was_left
from migrations_app.files.create import Created, make_directories, remove_directories
from migrations_app.files.errors import FileChanged, HalfReplaced
from migrations_app.files.reading import placed, read, resolved, sha256_of
from migrations_app.files.remove import Removed
from migrations_app.files.replace import Staged
from migrations_app.files.standing import Standing


@dataclass(frozen=True, slots=True)
class Change:
    """One file's content before (`expected_sha256`, hex) and after; None where there is no file.

    `standing`: of a file that is made; one that is replaced keeps its own.
    """

    path: Path
    content: bytes | None
    expected_sha256: str | None
    standing: Standing | None = None


_Pending = Staged | Created | Removed


def _always() -> None:
    """Nothing to ask."""


def replace_all(
    changes: Sequence[Change],
    *,
    roots: Sequence[Path] | None = None,
    may_go_on: Callable[[], object] = _always,
    directories: Sequence[Path] = (),
) -> tuple[Path, ...]:
    """Returns the files that were changed now; those that are as they should be are left alone.

    `may_go_on` is called when everything is staged, just before the first change, and refuses by raising. The files are
    locked then: whoever has taken the work over in the meantime is seen here, or waits for the end of this call.
    Directories that a new file needs are made. `directories`: removed at the end, where they are empty.

    Raises as `replace`; then every file is as it was at the call. Raises HalfReplaced when one could not be given back,
    because somebody edited it in between.
    """
    for change in changes:
        remove_what_was_left(_real(change, roots))
    pending = [change for change in changes if _differs(change, roots)]
    with ExitStack() as stack:
        made = stack.enter_context(ExitStack())
        staged: list[_Pending] = []
        for change in pending:
            one = _staged(change, roots, made)
            stack.callback(one.discard)
            staged.append(one)
        may_go_on()
        done: list[tuple[Change, _Pending]] = []
        try:
            for change, one in zip(pending, staged, strict=True):
                reach("files.before_rename")
                one.commit()
                done.append((change, one))
                reach("files.renamed")
        except (MigrationError, OSError) as error:
            if kept := _give_back(done):
                raise HalfReplaced(f"{error} {' '.join(kept)}", details=getattr(error, "details", None)) from error
            raise
        made.pop_all()  # what was made is in use
    remove_directories(directories)
    return tuple(change.path for change in pending)


def _staged(change: Change, roots: Sequence[Path] | None, made: ExitStack) -> _Pending:
    if change.content is None:
        return Removed(change.path, expected_sha256=change.expected_sha256 or "", roots=roots)
    if change.expected_sha256 is None:
        made.callback(remove_directories, make_directories(placed(change.path, roots).parent))
        return Created(change.path, change.content, standing=change.standing, roots=roots)
    return Staged(change.path, change.content, expected_sha256=change.expected_sha256, roots=roots)


def _real(change: Change, roots: Sequence[Path] | None) -> Path:
    """The file itself. One that is made or removed is no link; one that is replaced may be reached by links."""
    if change.content is None or change.expected_sha256 is None:
        return placed(change.path, roots)
    return resolved(change.path, roots)


def _differs(change: Change, roots: Sequence[Path] | None) -> bool:
    """Whether there is anything to do. Raises FileChanged for a content that is neither the old nor the new one."""
    after = None if change.content is None else sha256_of(change.content)
    real = _real(change, roots)
    found = sha256_of(read(real, roots=roots)) if os.path.lexists(real) else None
    if found not in (after, change.expected_sha256):
        raise FileChanged(change.path, expected=change.expected_sha256 or "", found=found or "")
    return found != after


def _give_back(done: Sequence[tuple[Change, _Pending]]) -> list[str]:
    """What could not be given back, in sentences."""
    kept = []
    for change, one in reversed(done):
        try:
            back = _opposite(change, one)
            try:
                back.commit()
            finally:
                back.discard()
        except MigrationError as refused:
            kept.append(f"{one.real} could not be given its old content back: {refused.message}")
    return kept


def _opposite(change: Change, one: _Pending) -> _Pending:
    if isinstance(one, Created):
        return Removed(one.real, expected_sha256=sha256_of(change.content or b""))
    if isinstance(one, Removed):
        return Created(one.real, one.original, standing=one.standing)
    return Staged(one.real, one.original, expected_sha256=sha256_of(change.content or b""))
