"""What a file is beside its bytes: permissions, owner and extended attributes."""

import base64
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from migrations_app.files.errors import unusable

NEW_FILE = 0o644
KEEP = -1


@dataclass(frozen=True, slots=True)
class Standing:
    """`mode`: permission bits. `uid` and `gid`: -1 for those of whoever makes the file. `attributes` by their name."""

    mode: int = NEW_FILE
    uid: int = KEEP
    gid: int = KEEP
    attributes: Mapping[str, bytes] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        named = {name: base64.b64encode(value).decode() for name, value in sorted(self.attributes.items())}
        return {"mode": self.mode, "uid": self.uid, "gid": self.gid, "attributes": named}

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Self:
        attributes = {name: base64.b64decode(text) for name, text in given["attributes"].items()}
        return cls(given["mode"], given["uid"], given["gid"], attributes)

    def give(self, descriptor: int, real: Path) -> None:
        """To the open file that is going to be `real`. Raises OSError, and FileUnusable for an owner it cannot have."""
        about = os.fstat(descriptor)
        if (self.uid, self.gid) not in ((KEEP, KEEP), (about.st_uid, about.st_gid)):
            try:
                os.fchown(descriptor, self.uid, self.gid)
            except PermissionError as error:
                raise unusable(
                    real,
                    f"belongs to user {self.uid}, group {self.gid}, and this process may not give files to them.",
                    "Run the worker as that user, or let the file belong to the worker's user and group.",
                ) from error
        os.fchmod(descriptor, self.mode)
        for name, value in self.attributes.items():
            os.setxattr(descriptor, name, value)


def standing_of(real: Path, about: os.stat_result) -> Standing:
    """Access lists and labels are attributes; a file system without such has none to copy."""
    try:
        attributes = {name: os.getxattr(real, name) for name in os.listxattr(real)}
    except OSError:
        attributes = {}
    return Standing(stat.S_IMODE(about.st_mode), about.st_uid, about.st_gid, attributes)


def standing_in(directory: Path) -> Standing:
    """Of a new file there: readable for all, and of the directory's owner where this process may give it to them."""
    if os.geteuid() != 0:
        return Standing()
    about = directory.stat()
    return Standing(uid=about.st_uid, gid=about.st_gid)
