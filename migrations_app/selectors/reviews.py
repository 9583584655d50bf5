"""Who signed what, who still can, and why you cannot."""

from dataclasses import dataclass
from datetime import datetime

from migrations_app.engine.vocabulary import Decision, ReviewState
from migrations_app.models import Migration, PlanRevision
from migrations_app.models.actor import Actor
from migrations_app.selectors.access import Access

STEP_UP_SECONDS = 300  # a signature needs a proof of presence no older (DESIGN section 5)


@dataclass(frozen=True, slots=True)
class SignatureRow:
    """`current`: on the newest plan and not voided, so it counts. `revision` is the number it was given on."""

    id: int
    person_id: int
    name: str
    username: str
    decision: Decision
    revision: int
    digest: str
    at: datetime
    comment: str
    current: bool
    voided_at: datetime | None
    voided_because: str


@dataclass(frozen=True, slots=True)
class SignerRow:
    """Somebody with the approver role here. `why_not` is '' when they can sign now."""

    person_id: int
    name: str
    username: str
    signed: bool
    why_not: str


@dataclass(frozen=True, slots=True)
class ReviewPanel:
    """`why_not` says why this viewer cannot sign ('' when they can). `needs_step_up`: they can, once they have
    shown their password or second factor again. `missing` = required - approvals, never negative."""

    state: ReviewState
    required: int
    approvals: int
    missing: int
    submitted_at: datetime | None
    expires_at: datetime | None
    digest: str
    can_sign: bool
    why_not: str
    needs_step_up: bool
    can_comment: bool
    can_submit: bool
    can_withdraw: bool
    signatures: tuple[SignatureRow, ...]
    signers: tuple[SignerRow, ...]


def review_panel(
    actor: Actor, access: Access, migration: Migration, revision: PlanRevision | None, *, now: datetime
) -> ReviewPanel:
    raise NotImplementedError


def barred(migration: Migration, person_id: int | None) -> str:
    """Why this person can never sign this migration: '' or a sentence naming what they wrote."""
    raise NotImplementedError
