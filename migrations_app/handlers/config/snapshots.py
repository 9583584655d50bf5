"""A configuration's whole content as one artifact, addressed by what it holds.

The address makes saving idempotent: the same content is kept once, whoever saves it how often. Snapshots are no backups
of a run: their retention does not end, because the history of a configuration is made of them.
"""

import base64
import binascii
import json
from collections.abc import Mapping

from migrations_app.engine.errors import DataCorruption, DependencyUnavailable
from migrations_app.engine.plan import content_digest
from migrations_app.engine.ports import Artifacts
from migrations_app.files.reading import sha256_of

FORMAT = 1
PREFIX = "configurations"

Contents = Mapping[str, bytes]
"""Each file's bytes by its name: its path from the directory of the configuration's first file."""


def file_fingerprints(contents: Contents) -> dict[str, str]:
    """SHA-256 (hex) by file name."""
    return {name: sha256_of(content) for name, content in sorted(contents.items())}


def fingerprint(contents: Contents) -> str:
    """SHA-256 (hex) of the names and contents of all files: two configurations are the same when it is."""
    return content_digest(file_fingerprints(contents))


def key_of(target_id: int, of: str) -> str:
    return f"{PREFIX}/target-{target_id}/{of}.json"


def save(artifacts: Artifacts, target_id: int, contents: Contents) -> str:
    """Returns the fingerprint, by which `load` finds it again."""
    found = fingerprint(contents)
    key = key_of(target_id, found)
    if artifacts.stat(key) is None:
        files = {name: base64.b64encode(content).decode() for name, content in sorted(contents.items())}
        with artifacts.create(key) as stream:
            stream.write(json.dumps({"format": FORMAT, "files": files}).encode())
    return found


def load(artifacts: Artifacts, target_id: int, of: str) -> dict[str, bytes]:
    """Raises DependencyUnavailable when there is none, DataCorruption when it does not hold what it was saved with."""
    key = key_of(target_id, of)
    if artifacts.stat(key) is None:
        raise DependencyUnavailable(
            f"There is no snapshot {of[:12]} of this configuration; no file was touched.",
            details={"artifact": key},
            recovery_actions=("Choose a version from the configuration's history.",),
        )
    with artifacts.open(key) as stream:
        kept = stream.read()
    try:
        document = json.loads(kept)
        contents = {name: base64.b64decode(text, validate=True) for name, text in document["files"].items()}
    except (ValueError, KeyError, AttributeError, TypeError, binascii.Error):
        contents = {}
    if fingerprint(contents) != of:
        raise DataCorruption(
            f"The snapshot {of[:12]} no longer holds what it was saved with; no file was touched.",
            details={"artifact": key},
        )
    return contents
