import pytest

from migrations_app.engine.break_glass import OVERRIDDEN_CODES, sorted_out
from migrations_app.engine.start_check import Unmet

OTHERS_GIVE_IT = (
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
)
NEVER = (
    "maintenance",
    "handler_incompatible",
    "handler_missing",
    "digest_changed",
    "already_running",
    "not_planned",
    "wrong_status",
    "dry_run_only",
    "claim_conflict",
    "target_unreachable",
    "plan_is_stale",
    "probe_too_old",
    "waits_for",
)


def unmet(code: str) -> Unmet:
    return Unmet(code, f"{code}.", "Mend it.")


def test_what_is_overridden_is_what_people_and_the_clock_give() -> None:
    assert set(OTHERS_GIVE_IT) == OVERRIDDEN_CODES


@pytest.mark.parametrize("code", OTHERS_GIVE_IT)
def test_each_is_overridden(code: str) -> None:
    assert sorted_out([unmet(code)]) == ([unmet(code)], [])


@pytest.mark.parametrize("code", NEVER)
def test_nothing_else_is_and_that_is_said(code: str) -> None:
    overridden, kept = sorted_out([unmet("frozen"), unmet(code)])

    assert [each.code for each in overridden] == ["frozen"]
    assert [(each.code, each.fix) for each in kept] == [(code, "Mend it. Break-glass does not override this.")]


def test_without_anything_to_override_it_is_no_way_to_start() -> None:
    assert [each.code for each in sorted_out([])[1]] == ["nothing_to_override"]
