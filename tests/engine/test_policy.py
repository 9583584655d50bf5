from hypothesis import given
from hypothesis import strategies as st

from migrations_app.engine.policy import SignatureFact, counted, declined, outstanding, required_approvals
from migrations_app.engine.vocabulary import Decision

D, OLD = "d" * 64, "0" * 64


def test_only_distinct_eligible_approvals_of_this_digest_count() -> None:
    signatures = [
        SignatureFact("ada", Decision.APPROVE, D),
        SignatureFact("ada", Decision.APPROVE, D),
        SignatureFact("bob", Decision.APPROVE, OLD),
        SignatureFact("cem", Decision.APPROVE, D, "is no approver here any more"),
        SignatureFact("dee", Decision.COMMENT, D),
    ]
    assert counted(signatures, D) == {"ada"}
    assert outstanding(2, signatures, D) == 1
    assert outstanding(1, signatures, D) == 0


def test_one_eligible_decline_of_this_digest_declines_it() -> None:
    assert declined([SignatureFact("ada", Decision.REJECT, D)], D)
    assert not declined([SignatureFact("ada", Decision.REJECT, OLD)], D)
    assert not declined([SignatureFact("ada", Decision.REJECT, D, "left")], D)


def test_the_option_switches_the_count_off() -> None:
    assert required_approvals(2, approval_required=True) == 2
    assert required_approvals(2, approval_required=False) == 0


_facts = st.builds(
    SignatureFact,
    st.sampled_from("abc"),
    st.sampled_from(Decision),
    st.sampled_from([D, OLD]),
    st.sampled_from(["", "left"]),
)


@given(st.integers(0, 5), st.lists(_facts), _facts)
def test_one_more_signature_never_makes_more_outstanding(
    required: int, signatures: list[SignatureFact], more: SignatureFact
) -> None:
    before, after = outstanding(required, signatures, D), outstanding(required, [*signatures, more], D)
    assert 0 <= after <= before <= required
    assert before - after <= 1
