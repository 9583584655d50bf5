"""Review of a plan. Bearer tokens may comment; approving and rejecting needs a person in a browser."""

from typing import Any

from ninja import Router, Schema

from migrations_app.api.callers import ApiRequest, now
from migrations_app.api.migrations import MigrationDetail, detail
from migrations_app.api.schemas import Input
from migrations_app.engine.vocabulary import ReviewState
from migrations_app.selectors import migrations as reads
from migrations_app.selectors.reviews import ReviewPanel
from migrations_app.services import reviews
from migrations_app.services.errors import SignInRequired, StepUpRequired

router = Router(tags=["reviews"])


class Submission(Input):
    """`digest` is that of the plan that was read; without one the newest plan is submitted."""

    digest: str = ""


class Review(Input):
    """`decision` is approve, reject or comment; a rejection needs a comment."""

    digest: str
    decision: str
    comment: str = ""


class Reviewed(Schema):
    migration: int
    review_state: ReviewState
    review: ReviewPanel


@router.post("/{int:migration_id}/submit", response=MigrationDetail)
def submit_migration(request: ApiRequest, migration_id: int, body: Submission | None = None) -> Any:
    reviews.submit(actor=request.auth, now=now(), migration_id=migration_id, digest=body.digest if body else "")
    return detail(request.auth, migration_id)


@router.post("/{int:migration_id}/withdraw", response=MigrationDetail)
def withdraw_migration(request: ApiRequest, migration_id: int) -> Any:
    """Take the plan back from review; its signatures are void."""
    reviews.withdraw(actor=request.auth, now=now(), migration_id=migration_id)
    return detail(request.auth, migration_id)


@router.post("/{int:migration_id}/reviews", response={200: Reviewed})
def review_migration(request: ApiRequest, migration_id: int, body: Review) -> Any:
    try:
        state = reviews.decide(actor=request.auth, now=now(), migration_id=migration_id, **body.model_dump())
    except (SignInRequired, StepUpRequired) as refused:
        refused.details["url"] = request.build_absolute_uri(f"/migrations/{migration_id}/")
        raise
    page = reads.migration_page(actor=request.auth, migration_id=migration_id, now=now())
    return {"migration": migration_id, "review_state": state, "review": page.review}
