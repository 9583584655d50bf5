"""What the backup step keeps of a run: every file that it touches, before and after, with permissions and owner.

Later steps and their undo write from here, and only what the signature of the plan binds.
"""

import base64
import binascii
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from migrations_app.engine.errors import DataCorruption, DependencyUnavailable, PlanIsStale
from migrations_app.engine.ports import Artifacts
from migrations_app.files.reading import read_file, sha256_of
from migrations_app.files.standing import Standing, standing_of
from migrations_app.handlers.adapter.document import from_document, to_document
from migrations_app.handlers.adapter.facts import Analysis
from migrations_app.handlers.adapter.making.outcome import Changes, FileChange

FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class Kept:
    """`changes` by step; `standings` of files that were there before the run. `analysis` and `configuration` are what
    both adapters are compared by: the project's own state is another one once the calls have changed."""

    changes: Mapping[str, Changes]
    standings: Mapping[str, Standing]
    analysis: Analysis
    configuration: Mapping[str, Any]

    def of(self, step: str, signed: Mapping[str, Mapping[str, str]]) -> Changes:
        """Raises PlanIsStale where it is not what was signed."""
        changes = self.changes[step]
        differing = sorted(
            path
            for path in {*changes, *signed}
            if path not in changes or path not in signed or changes[path].signed() != dict(signed[path])
        )
        if differing:
            raise PlanIsStale(
                f"What was kept for {', '.join(differing[:5])} is not what was signed; no file was touched.",
                details={"files": differing},
            )
        return changes


def key_of(run_id: int) -> str:
    return f"backups/run-{run_id}/adapter.json"


def standings_of(root: Path, paths: Mapping[str, FileChange]) -> dict[str, Standing]:
    """Of the files that are there. Raises FileUnusable."""
    there = (path for path in paths if os.path.lexists(root / path))
    return {path: standing_of(root / path, read_file(root / path)[1]) for path in there}


def save(artifacts: Artifacts, run_id: int, kept: Kept) -> str:
    """Returns the SHA-256 (hex) of what was kept."""
    document = {
        "format": FORMAT,
        "changes": {
            step: {path: [_text(change.before), _text(change.after)] for path, change in sorted(changes.items())}
            for step, changes in kept.changes.items()
        },
        "standings": {path: standing.as_dict() for path, standing in sorted(kept.standings.items())},
        "analysis": to_document(kept.analysis),
        "configuration": kept.configuration,
    }
    content = json.dumps(document, sort_keys=True).encode()
    with artifacts.create(key_of(run_id)) as stream:
        stream.write(content)
    return sha256_of(content)


def load(artifacts: Artifacts, run_id: int, sha256: str) -> Kept:
    """Raises DependencyUnavailable when there is none, DataCorruption when it is not what was saved."""
    key = key_of(run_id)
    if artifacts.stat(key) is None:
        raise DependencyUnavailable(
            f"The backup of run {run_id} is not in the artifact store (its retention may have ended); no file was "
            "touched.",
            details={"artifact": key},
            recovery_actions=("Bring the files back from version control.",),
        )
    with artifacts.open(key) as stream:
        content = stream.read()
    try:
        if sha256_of(content) != sha256:
            raise ValueError(key)
        document = json.loads(content)
        changes = {
            step: {path: FileChange(_bytes(before), _bytes(after)) for path, (before, after) in found.items()}
            for step, found in document["changes"].items()
        }
        standings = {path: Standing.from_dict(given) for path, given in document["standings"].items()}
        return Kept(changes, standings, from_document(Analysis, document["analysis"]), document["configuration"])
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error):
        raise DataCorruption(
            f"The backup of run {run_id} no longer holds what it was saved with; no file was touched.",
            details={"artifact": key},
        ) from None


def _text(content: bytes | None) -> str | None:
    return None if content is None else base64.b64encode(content).decode()


def _bytes(text: Any) -> bytes | None:
    return None if text is None else base64.b64decode(text, validate=True)
