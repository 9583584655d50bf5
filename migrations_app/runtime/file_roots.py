"""Where targets that are files may lie: beneath `SNAKEWEB_FILE_ROOTS`, and nowhere when that names no directory.

Workers run with rights that the people who enter paths do not have.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings

from migrations_app.engine.errors import ValidationFailed

FIX = "Use a path beneath a directory that SNAKEWEB_FILE_ROOTS names, the same for every process of Snakeweb."


def refusal(config: Mapping[str, Any]) -> str:
    """Why this configuration's file is none to open, '' when it may be or there is no file. Links are followed.

    A target's `path` is a file of the worker's machine, whatever the kind.
    """
    if "path" not in config:
        return ""
    roots = [Path(root).resolve() for root in settings.SNAKEWEB_FILE_ROOTS]
    if not roots:
        return "Files cannot be targets here: SNAKEWEB_FILE_ROOTS names no directory."
    path = Path(config["path"]).resolve()
    if any(path.is_relative_to(root) for root in roots):
        return ""
    return f"{config['path']} lies outside of the directories that SNAKEWEB_FILE_ROOTS names."


def require_beneath(name: str, config: Mapping[str, Any]) -> None:
    """Checked again at each use, because links and roots change. Raises ValidationFailed; nothing was opened."""
    refused = refusal(config)
    if refused:
        raise ValidationFailed(
            f"Target {name} was not opened. {refused}", details={"target": name}, recovery_actions=(FIX,)
        )
