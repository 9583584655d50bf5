"""What a signed plan binds: the bytes before and after, or (where edits elsewhere are kept) the changes themselves.

It stands in the parameters of the steps, which the digest covers. Nothing that was not signed is ever written.
"""

from collections.abc import Mapping
from typing import Any

from migrations_app.engine.errors import PlanIsStale
from migrations_app.handlers.config.outcome import Outcome
from migrations_app.handlers.config.parameters import KEEP
from migrations_app.handlers.config.patch import blocks, digests
from migrations_app.handlers.config.snapshots import file_fingerprints


def bound(outcome: Outcome, local_edits: str) -> dict[str, Any]:
    """The parameters of every step: files, origin, to, and `before` with `after`, or `changes`."""
    common = {"files": sorted(outcome.before), "origin": outcome.origin, "to": outcome.to}
    if local_edits == KEEP:
        return common | {"changes": digests(blocks(outcome.before, outcome.after))}
    return common | {"before": file_fingerprints(outcome.before), "after": file_fingerprints(outcome.after)}


def fingerprint_of(outcome: Outcome, local_edits: str) -> dict[str, str]:
    """What must still hold at the start: every file's SHA-256, or each file's changes."""
    if local_edits == KEEP:
        changes = digests(blocks(outcome.before, outcome.after))
        return {"files": ", ".join(sorted(outcome.before))} | {
            f"changes in {name}": changes.get(name, "none") for name in sorted(outcome.before)
        }
    return file_fingerprints(outcome.before)


def refuse_other(signed: Mapping[str, Any], outcome: Outcome, target: str) -> None:
    """Raises PlanIsStale, naming the files, when the outcome is not the one that was signed."""
    local_edits = KEEP if "changes" in signed else ""
    now = bound(outcome, local_edits)
    differing = sorted(
        {
            name
            for part in ("before", "after", "changes")
            for name in {*signed.get(part, {}), *now.get(part, {})}
            if signed.get(part, {}).get(name) != now.get(part, {}).get(name)
        }
        | (set(signed["files"]) ^ set(now["files"]))
    )
    if differing or (signed["origin"], signed["to"]) != (now["origin"], now["to"]):
        what = "an edit touches what the plan changes" if local_edits else "its content is another one"
        raise PlanIsStale(
            f"Target {target}, {', '.join(differing) or 'version'}: {what}, so that what would be written is not what "
            "was signed. No file was changed.",
            details={"target": target, "files": differing},
        )
