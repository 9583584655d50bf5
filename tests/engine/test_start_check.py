from datetime import timedelta
from typing import Any

import pytest

from migrations_app.engine.environment_facts import EarlierEnvironment
from migrations_app.engine.policy import Asked, SignatureFact, Slot
from migrations_app.engine.start_check import Blocker, Drift, Lacking, StartFacts, check_going_on, check_start
from migrations_app.engine.vocabulary import Decision, MigrationStatus, ReviewState, Role, RunKind
from migrations_app.engine.windows import FreezeFact, Hours
from migrations_app.testing.memory import START

D = "d" * 64
APPROVER = frozenset({Role.APPROVER})
ADA, BOB = (SignatureFact(name, Decision.APPROVE, D, roles=APPROVER) for name in ("ada", "bob"))
TWO = Asked(slots=(Slot("Plans in dev", 1, Role.APPROVER),) * 2)
LONG_AGO = START - timedelta(hours=24, seconds=1)


def facts(**changes: Any) -> StartFacts:
    """An apply that may start."""
    values: dict[str, Any] = {
        "kind": RunKind.APPLY,
        "now": START,
        "status": MigrationStatus.PLANNED,
        "review_state": ReviewState.APPROVED,
        "digest": D,
        "asked": TWO,
        "signatures": (ADA, BOB),
        "review_expires_at": START + timedelta(hours=1),
        "dry_run_ended_at": START - timedelta(hours=1),
        "probed_at": START,
    }
    return StartFacts(**{**values, **changes})


def rollback(**changes: Any) -> StartFacts:
    return facts(**{"kind": RunKind.ROLLBACK, "status": MigrationStatus.COMPLETED, "completed_at": START, **changes})


def codes(given: StartFacts) -> list[str]:
    unmet = check_start(given)
    assert all(each.message and each.fix for each in unmet)
    return [each.code for each in unmet]


def test_nothing_stands_in_the_way() -> None:
    assert codes(facts()) == []
    assert codes(facts(expected_digest=D)) == []
    assert codes(rollback()) == []
    assert codes(facts(kind=RunKind.DRY_RUN, signatures=(), dry_run_ended_at=None)) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"maintenance": True}, "maintenance"),
        ({"lacking": Lacking("stamp", "1.2.0")}, "handler_missing"),
        ({"lacking": Lacking("stamp", "1.2.0", "3.0.0")}, "handler_incompatible"),
        ({"expected_digest": "0" * 64}, "digest_changed"),
        ({"status": MigrationStatus.EXECUTING}, "already_running"),
        ({"status": MigrationStatus.DRAFT}, "not_planned"),
        ({"status": MigrationStatus.CANCELLED}, "wrong_status"),
        ({"dry_run_only": True}, "dry_run_only"),
        ({"review_expires_at": START}, "review_expired"),
        ({"signatures": (ADA,)}, "approvals_missing"),
        ({"signatures": ()}, "approvals_missing"),
        ({"asked": Asked(blocked=True), "signatures": ()}, "no_policy"),
        ({"review_state": ReviewState.IN_REVIEW}, "not_approved"),
        ({"dry_run_ended_at": None}, "dry_run_missing"),
        ({"dry_run_ended_at": LONG_AGO}, "dry_run_too_old"),
        ({"blockers": (Blocker("redis", 3, "Other"),)}, "claim_conflict"),
        ({"unreachable": ("redis does not answer.",)}, "target_unreachable"),
        ({"drift": (Drift("redis was emptied."),)}, "plan_is_stale"),
        ({"probed_at": START - timedelta(seconds=31)}, "probe_too_old"),
    ],
)
def test_each_condition(changes: dict[str, Any], expected: str) -> None:
    assert codes(facts(**changes)) == [expected]


def test_every_reason_is_told_at_once() -> None:
    found = codes(facts(maintenance=True, signatures=(), dry_run_ended_at=None, drift=(Drift("x"),)))
    assert found == ["maintenance", "approvals_missing", "dry_run_missing", "plan_is_stale"]


def test_a_signer_who_may_no_longer_sign_does_not_count_and_is_named() -> None:
    left = SignatureFact("bob", Decision.APPROVE, D, "is no approver of production any more")
    unmet = check_start(facts(signatures=(ADA, left)))
    assert [each.code for each in unmet] == ["signer_not_eligible", "approvals_missing"]
    assert unmet[0].message == "bob signed, but is no approver of production any more."
    assert unmet[1].message == "1 more approval is needed."


@pytest.mark.parametrize("changes", [{"asked": Asked()}])
def test_where_no_approval_is_required_none_is_missed(changes: dict[str, Any]) -> None:
    assert codes(facts(signatures=(), review_state=ReviewState.NOT_SUBMITTED, **changes)) == []


def test_it_says_whose_signature_is_missing() -> None:
    slots = (Slot("Careful", 3, group="dba"), Slot("Plans in dev", 1, Role.APPROVER))
    (unmet,) = check_start(facts(asked=Asked(slots=slots)))
    assert unmet.message == "1 more approval is needed: 1 member of dba."
    assert unmet.fix == "Have this plan signed by 1 member of dba."
    bob = SignatureFact("bob", Decision.APPROVE, D, roles=APPROVER, groups=frozenset({"dba"}))
    assert codes(facts(asked=Asked(slots=slots), signatures=(ADA, bob))) == []


def test_where_no_dry_run_is_required_none_is_missed() -> None:
    assert codes(facts(dry_run_required=False, dry_run_ended_at=None)) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"rollback_enabled": False}, ["rollback_disabled"]),
        ({"completed_at": LONG_AGO}, ["rollback_too_late"]),
        ({"later_runs": (Blocker("redis", 9, "Later"),)}, ["later_run"]),
        ({"status": MigrationStatus.ROLLED_BACK}, ["wrong_status"]),
        ({"status": MigrationStatus.FAILED, "completed_at": None}, []),
        ({"drift": (Drift("of course: it was migrated"),), "signatures": ()}, []),
    ],
)
def test_a_rollback_needs_no_signature_but_nothing_later(changes: dict[str, Any], expected: list[str]) -> None:
    assert codes(rollback(**changes)) == expected


def test_what_nothing_takes_back_is_not_rolled_back() -> None:
    given = rollback(irreversible=("Complete", "Retire"))

    assert codes(given) == ["irreversible"]
    assert "“Complete”, “Retire” cannot be taken back" in check_start(given)[0].message
    assert check_start(given)[0].fix == "Plan a migration in the other direction."
    assert codes(facts(irreversible=("Complete",))) == []


def test_a_freeze_and_closed_windows_keep_an_apply_from_starting_and_say_until_when() -> None:
    closed = facts(
        hours=Hours(opens_at=START + timedelta(hours=3)),
        freezes=(FreezeFact("production", START + timedelta(hours=1), "quarter end."),),
    )

    frozen, outside = check_start(closed)
    assert (frozen.code, outside.code) == ("frozen", "outside_window")
    assert f"{START + timedelta(hours=1):%Y-%m-%d %H:%M} UTC: quarter end." in frozen.message
    assert f"opens {START + timedelta(hours=3):%Y-%m-%d %H:%M} UTC" in outside.message
    assert codes(facts(hours=Hours())) == ["outside_window"]
    assert codes(facts(hours=Hours(open_until=START + timedelta(seconds=1)))) == []


@pytest.mark.parametrize("given", [rollback, lambda **more: facts(kind=RunKind.DRY_RUN, **more)])
def test_neither_freeze_nor_window_keeps_a_rollback_or_a_dry_run_from_starting(given: Any) -> None:
    freeze = FreezeFact("every environment", START + timedelta(hours=1), "quarter end")

    assert codes(given(hours=Hours(), freezes=(freeze,))) == []


class TestStrict:
    UNPROVEN = EarlierEnvironment("staging", 0)
    PROVEN = EarlierEnvironment("staging", 1)

    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({}, ["not_rehearsed"]),
            ({"earlier": UNPROVEN}, ["not_rehearsed", "not_proven"]),
            ({"rehearsed": True, "earlier": UNPROVEN}, ["not_proven"]),
            ({"rehearsed": True, "earlier": PROVEN}, []),
            ({"rehearsed": True}, []),
        ],
    )
    def test_it_asks_for_a_rehearsal_and_for_proof_where_there_is_an_environment_before(
        self, changes: dict[str, Any], expected: list[str]
    ) -> None:
        assert codes(facts(strict=True, **changes)) == expected

    def test_other_levels_ask_for_neither(self) -> None:
        assert codes(facts(earlier=self.UNPROVEN)) == []


class TestRehearsal:
    ICE = FreezeFact("dev", START + timedelta(days=1), "holidays")

    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({}, []),
            ({"protected": True}, ["consent_missing"]),
            ({"protected": True, "consent": True}, []),
            ({"why_no_rehearsal": "There is no place."}, ["cannot_rehearse"]),
            ({"freezes": (ICE,)}, ["frozen"]),
            ({"hours": Hours(None, START + timedelta(hours=1))}, []),
            ({"drift": (Drift("It changed."),)}, ["plan_is_stale"]),
            ({"blockers": (Blocker("sessions", 4, "Other"),)}, ["claim_conflict"]),
        ],
    )
    def test_it_needs_no_signature_and_no_window_but_consent_a_place_and_the_targets(
        self, changes: dict[str, Any], expected: list[str]
    ) -> None:
        assert codes(facts(kind=RunKind.REHEARSAL, signatures=(), dry_run_ended_at=None, **changes)) == expected


def test_a_paused_run_goes_on_by_itself_only_where_what_still_matters_holds() -> None:
    def against(**changes: Any) -> list[str]:
        given = facts(status=MigrationStatus.PAUSED, signatures=(), dry_run_ended_at=None, **changes)
        return [unmet.code for unmet in check_going_on(given)]

    assert against() == []
    assert against(
        freezes=(FreezeFact("dev", START + timedelta(days=1), "holidays"),),
        hours=Hours(None, START + timedelta(hours=1)),
        blockers=(Blocker("sessions", 4, "Other"),),
        drift=(Drift("It changed."),),
        lacking=Lacking("stamp", "1.2.0"),
    ) == ["handler_missing", "frozen", "outside_window", "claim_conflict", "plan_is_stale"]


def test_a_declined_plan_does_not_start_where_nobody_has_to_sign_any_more() -> None:
    """As when a waiver has lowered its risk below what the policies are about."""
    said_no = SignatureFact("cy", Decision.REJECT, D)
    assert codes(facts(asked=ask_nobody(), signatures=(said_no,), review_state=ReviewState.REJECTED)) == ["declined"]
    assert codes(facts(asked=ask_nobody(), signatures=(), review_state=ReviewState.NOT_SUBMITTED)) == []


def ask_nobody() -> Asked:
    return Asked(policies=TWO.policies, slots=())
