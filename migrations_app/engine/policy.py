"""Who has to sign: the default policy asks for a number of distinct approvers per environment."""

from collections.abc import Iterable
from dataclasses import dataclass

from migrations_app.engine.vocabulary import Decision


@dataclass(frozen=True, slots=True)
class SignatureFact:
    """One live (not voided) signature. `not_eligible_because` says why it does not count today, empty: it does."""

    person: str
    decision: Decision
    digest: str
    not_eligible_because: str = ""


def required_approvals(environment_count: int, *, approval_required: bool) -> int:
    """Signatures a plan needs. Without `approval_required` none, whatever the environment says.

    The option can only be turned off where the floor allows it (`options.effective`).
    """
    return max(0, environment_count) if approval_required else 0


def counted(signatures: Iterable[SignatureFact], digest: str) -> frozenset[str]:
    """The distinct people whose approval of exactly this digest counts now."""
    return frozenset(
        s.person
        for s in signatures
        if s.decision is Decision.APPROVE and s.digest == digest and not s.not_eligible_because
    )


def declined(signatures: Iterable[SignatureFact], digest: str) -> bool:
    """One decline of this digest by somebody eligible blocks it, however many have approved."""
    return any(s.decision is Decision.REJECT and s.digest == digest and not s.not_eligible_because for s in signatures)


def outstanding(required: int, signatures: Iterable[SignatureFact], digest: str) -> int:
    """How many more distinct people must approve this digest; 0: enough."""
    return max(0, required - len(counted(signatures, digest)))
