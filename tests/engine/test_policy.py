import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrations_app.engine.policy import (
    Asked,
    Conditions,
    PlanTraits,
    Policy,
    Requirement,
    SignatureFact,
    Signer,
    Slot,
    ask,
    could_help,
    counted,
    declined,
    filled,
    matching,
    outstanding,
    requirements_in_all,
    slots_of,
    wanted,
)
from migrations_app.engine.vocabulary import Decision, MigrationType, PolicyScope, RiskLevel, Role

D, OLD = "d" * 64, "0" * 64
APPROVER = frozenset({Role.APPROVER})
PLAN = PlanTraits("staging", False, MigrationType.SESSION, RiskLevel.MEDIUM, zero_downtime=True, irreversible=False)
ALWAYS = Conditions()
ONE, DBA = Slot("Plans in staging", 1, Role.APPROVER), Slot("Careful", 2, group="dba")


def policy(conditions: Conditions = ALWAYS, *requirements: Requirement, name: str = "Careful") -> Policy:
    return Policy(1, 1, name, 2, conditions, requirements)


def signed(person: str, *groups: str, digest: str = D, why: str = "") -> SignatureFact:
    return SignatureFact(person, Decision.APPROVE, digest, why, APPROVER, frozenset(groups))


@pytest.mark.parametrize(
    ("conditions", "holds"),
    [
        (Conditions(), True),
        (Conditions(PolicyScope.NAMED, frozenset({"staging", "production"})), True),
        (Conditions(PolicyScope.NAMED, frozenset({"production"})), False),
        (Conditions(PolicyScope.PROTECTED), False),
        (Conditions(types=frozenset({MigrationType.SESSION})), True),
        (Conditions(types=frozenset({MigrationType.DATA})), False),
        (Conditions(risk_at_least=RiskLevel.MEDIUM), True),
        (Conditions(risk_at_least=RiskLevel.HIGH), False),
        (Conditions(zero_downtime=True), True),
        (Conditions(zero_downtime=False), False),
        (Conditions(irreversible=True), False),
        (Conditions(irreversible=False, zero_downtime=True, risk_at_least=RiskLevel.LOW), True),
        (Conditions(irreversible=False, zero_downtime=False), False),
    ],
)
def test_every_condition_has_to_hold(conditions: Conditions, holds: bool) -> None:
    assert conditions.hold_for(PLAN) is holds


def test_conditions_as_a_sentence() -> None:
    assert Conditions().sentence() == "plans in every environment"
    narrow = Conditions(
        PolicyScope.NAMED, frozenset({"b", "a"}), frozenset({MigrationType.UPGRADE}), RiskLevel.HIGH, False, True
    )
    assert narrow.sentence() == "version upgrades of high risk, with a pause, with an irreversible step in a or b"
    assert Conditions(PolicyScope.PROTECTED, risk_at_least=RiskLevel.MEDIUM).sentence() == (
        "plans of medium or high risk in protected environments"
    )
    assert Conditions(PolicyScope.PROTECTED).every_plan
    assert not narrow.every_plan


def test_what_matches_adds_up() -> None:
    general = policy(Conditions(), Requirement(2, Role.APPROVER), name="General")
    risky = policy(Conditions(risk_at_least=RiskLevel.MEDIUM), Requirement(1, group="dba"), name="Risky")
    elsewhere = policy(Conditions(PolicyScope.PROTECTED), Requirement(5, Role.APPROVER))
    asked = ask([general, risky, elsewhere], PLAN, approval_required=True)

    assert matching([general, risky, elsewhere], PLAN) == asked.policies == (general, risky)
    assert wanted(asked.slots) == "1 member of dba and 2 approvers"
    assert requirements_in_all(asked.policies) == [{"role": "approver", "count": 2}, {"group": "dba", "count": 1}]
    assert not asked.blocked


def test_no_match_is_blocked_and_no_requirement_is_free() -> None:
    elsewhere = policy(Conditions(PolicyScope.PROTECTED), Requirement(5, Role.APPROVER))

    assert ask([elsewhere], PLAN, approval_required=True) == Asked(blocked=True)
    assert ask([policy()], PLAN, approval_required=True) == Asked((policy(),), (), blocked=False)
    assert ask([elsewhere], PLAN, approval_required=False) == Asked()
    assert policy().requires == "no signature"


def test_only_distinct_eligible_approvals_of_this_digest_count() -> None:
    signatures = [
        signed("ada"),
        signed("ada"),
        signed("bob", digest=OLD),
        signed("cem", why="is no approver here any more"),
        SignatureFact("dee", Decision.COMMENT, D, roles=APPROVER),
    ]
    assert counted(signatures, D) == {"ada"}
    assert outstanding((ONE, ONE), signatures, D) == (ONE,)
    assert outstanding((ONE,), signatures, D) == ()


def test_one_eligible_decline_of_this_digest_declines_it() -> None:
    assert declined([SignatureFact("ada", Decision.REJECT, D)], D)
    assert not declined([SignatureFact("ada", Decision.REJECT, OLD)], D)
    assert not declined([SignatureFact("ada", Decision.REJECT, D, "left")], D)


def test_one_signature_fills_one_slot_and_moves_where_only_it_fits() -> None:
    slots = (ONE, DBA)
    assert filled(slots, [signed("ada", "dba")], D) == {0: "ada"}
    assert filled(slots, [signed("ada", "dba"), signed("bob")], D) == {0: "bob", 1: "ada"}
    assert outstanding(slots, [signed("bob"), signed("cem")], D) == (DBA,)


def test_who_could_help() -> None:
    ada, bob = Signer("ada", APPROVER, frozenset({"dba"})), Signer("bob", APPROVER)
    assert could_help((ONE, DBA), [], D, [ada, bob]) == ("ada", "bob")
    assert could_help((ONE, DBA), [signed("cem")], D, [ada, bob]) == ("ada",)
    assert could_help((ONE,), [signed("ada", "dba")], D, [ada, bob]) == ()


def test_slots_in_words() -> None:
    assert [slot.sentence() for slot in (ONE, DBA, Slot("x", 1, Role.AUDITOR))] == [
        "an approver",
        "a member of dba",
        "an approver with the role auditor",
    ]
    assert (
        slots_of([policy(Conditions(), Requirement(1, Role.APPROVER), Requirement(1, group="dba"))])[0].group == "dba"
    )
    assert wanted([]) == ""


_facts = st.builds(
    SignatureFact,
    st.sampled_from("abc"),
    st.sampled_from(Decision),
    st.sampled_from([D, OLD]),
    st.sampled_from(["", "left"]),
    st.just(APPROVER),
    st.sampled_from([frozenset(), frozenset({"dba"})]),
)


@given(st.lists(st.sampled_from([ONE, DBA]), max_size=4), st.lists(_facts, unique_by=lambda f: f.person), _facts)
def test_one_more_signature_never_leaves_more_open(
    slots: list[Slot], signatures: list[SignatureFact], more: SignatureFact
) -> None:
    others = [fact for fact in signatures if fact.person != more.person]
    before, after = outstanding(slots, others, D), outstanding(slots, [*others, more], D)
    assert 0 <= len(after) <= len(before) <= len(slots)
    assert len(before) - len(after) <= 1
