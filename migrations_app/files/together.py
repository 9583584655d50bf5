"""Replacing several files so that all of them or none have their new content, as far as a file system permits.

Everything that can fail is done before the first rename: every file is looked at and every new content lies on the
disk beside its file. A failure between two renames gives the first ones back. A process killed there leaves some files
new and some old, each whole; the same call again replaces the rest, and the call with old and new exchanged takes back
what was done. So no journal is needed beside the fingerprints that the caller has anyway.
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from migrations_app.engine.crash_points import reach
from migrations_app.engine.errors import MigrationError
from migrations_app.files.errors import FileChanged, HalfReplaced
from migrations_app.files.reading import read, resolved, sha256_of
from migrations_app.files.replace import Staged, remove_what_was_left, replace


@dataclass(frozen=True, slots=True)
class Change:
    """One file's content before (`expected_sha256`, hex) and after."""

    path: Path
    content: bytes
    expected_sha256: str


def _always() -> None:
    """Nothing to ask."""


def replace_all(
    changes: Sequence[Change], *, roots: Sequence[Path] | None = None, may_go_on: Callable[[], object] = _always
) -> tuple[Path, ...]:
    """Returns the files that were replaced now; those that had their new content before are left alone.

    `may_go_on` is called when everything is staged, just before the first rename, and refuses by raising. The files are
    locked then: whoever has taken the work over in the meantime is seen here, or waits for the end of this call.

    Raises as `replace`; then every file is as it was at the call. Raises HalfReplaced when one could not be given back,
    because somebody edited it in between.
    """
    for change in changes:
        remove_what_was_left(resolved(change.path, roots))
    pending = [change for change in changes if _differs(change, roots)]
    with ExitStack() as stack:
        staged = []
        for change in pending:
            one = Staged(change.path, change.content, expected_sha256=change.expected_sha256, roots=roots)
            stack.callback(one.discard)
            staged.append(one)
        may_go_on()
        done: list[tuple[Change, Staged]] = []
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
    return tuple(change.path for change in pending)


def _differs(change: Change, roots: Sequence[Path] | None) -> bool:
    """Whether there is anything to do. Raises FileChanged for a content that is neither the old nor the new one."""
    found, after = sha256_of(read(change.path, roots=roots)), sha256_of(change.content)
    if found not in (after, change.expected_sha256):
        raise FileChanged(change.path, expected=change.expected_sha256, found=found)
    return found != after


def _give_back(done: Sequence[tuple[Change, Staged]]) -> list[str]:
    """What could not be given back, in sentences."""
    kept = []
    for change, one in reversed(done):
        try:
            replace(one.real, one.original, expected_sha256=sha256_of(change.content))
        except MigrationError as refused:
            kept.append(f"{one.real} could not be given its old content back: {refused.message}")
    return kept
