"""Starting although conditions are unmet: which of them a person may override in an emergency, and which never.

What other people or the clock have to give can be overridden: signatures, policies, the dry run, windows, freezes.
What says that the plan would not do what it says cannot: another digest, drift, a target that does not answer or that
another run holds, a missing handler, a migration that is not planned, maintenance.
"""

from collections.abc import Iterable
from dataclasses import replace

from migrations_app.engine.start_check import Unmet

LEAST_REASON = 20  # characters; enough for a sentence that somebody else understands later
MOST_REASON = 2_000
OVERRIDDEN_CODES = frozenset(
    {
        "no_policy",
        "approvals_missing",
        "signer_not_eligible",
        "declined",
        "not_approved",
        "review_expired",
        "dry_run_missing",
        "dry_run_too_old",
        "not_rehearsed",
        "not_proven",
        "frozen",
        "outside_window",
    }
)
_NEVER = "Break-glass does not override this."
NOTHING_TO_OVERRIDE = Unmet(
    "nothing_to_override", "Nothing stands in its way that break-glass would override.", "Start it the ordinary way."
)


def sorted_out(unmet: Iterable[Unmet]) -> tuple[list[Unmet], list[Unmet]]:
    """What is overridden, and what still keeps the run from starting (that there is nothing to override does, too)."""
    given = list(unmet)
    overridden = [each for each in given if each.code in OVERRIDDEN_CODES]
    kept = [replace(each, fix=f"{each.fix} {_NEVER}") for each in given if each.code not in OVERRIDDEN_CODES]
    return overridden, kept if overridden or kept else [NOTHING_TO_OVERRIDE]
