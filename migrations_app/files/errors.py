"""What can be wrong with a file. Each error says that the file was left as it was, and what to do next."""

from pathlib import Path

from migrations_app.engine.errors import (
    DependencyUnavailable,
    InsufficientResources,
    PlanIsStale,
    StepFailed,
    ValidationFailed,
)


class FileUnusable(ValidationFailed):
    """The file cannot be used; nothing was changed."""


class FileChanged(PlanIsStale):
    """Somebody changed the file meanwhile; it was left as they made it. A fingerprint of '': there is none."""

    def __init__(self, path: Path, *, expected: str, found: str) -> None:
        said = f"was changed by somebody else: its fingerprint is {found[:12]}, {expected[:12]} was expected"
        if not expected:
            said = f"was made by somebody else: its fingerprint is {found[:12]}, and there was to be none"
        elif not found:
            said = f"is not there any more; {expected[:12]} was expected"
        super().__init__(
            f"{path} {said}. It was left as they made it.",
            details={"path": str(path), "expected_sha256": expected, "found_sha256": found},
            recovery_actions=("Look at what changed, then plan again from the file as it is now.",),
        )


class FileBusy(DependencyUnavailable):
    """Another process of Snakeweb is replacing the file just now; it was left to that one."""

    recovery_actions = ("Try again in a moment.", "If it stays so, look for a run that uses the same file.")


class NoRoom(InsufficientResources):
    """There is no room for the new content; the file was left as it was."""

    recovery_actions = ("Free space on the file's disk, or raise the quota.", "Then retry.")


class HalfReplaced(StepFailed):
    """Some of the files have their new content and could not be given the old one back."""

    recovery_actions = (
        "Look at the named files.",
        "Retry or roll back: both go on from where the files are.",
    )


def unusable(path: Path, reason: str, *fixes: str) -> FileUnusable:
    return FileUnusable(f"{path} {reason} Nothing was changed.", details={"path": str(path)}, recovery_actions=fixes)
