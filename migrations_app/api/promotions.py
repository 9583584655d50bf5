"""From one environment to the next: what a promotion would be, doing it, and what came of it side by side."""

from typing import Annotated, Any

from ninja import Query, Router, Schema, Status
from pydantic import Field

from migrations_app.api.callers import ApiRequest, now
from migrations_app.api.migrations import MigrationDetail, detail
from migrations_app.api.schemas import Input
from migrations_app.selectors.promotions import PromotionProposal, promotion_proposal
from migrations_app.selectors.run_comparisons import RunComparison, compare_runs
from migrations_app.services import promoting

router = Router(tags=["promotion"])

MOST_ID = 2**63 - 1


class Where(Schema):
    environment_id: Annotated[int | None, Field(ge=1, le=MOST_ID)] = None


class Chosen(Schema):
    run: Annotated[list[Annotated[int, Field(ge=1, le=MOST_ID)]], Field(max_length=50)] = []


class Promotion(Input):
    """`targets` maps each role to a target's id there. Without an environment it is the next one in order.

    `parameters` may hold those alone that name something of an environment (`place_parameters` of the proposal).
    """

    environment_id: int | None = None
    targets: dict[str, int] = {}
    parameters: dict[str, Any] = {}
    title: str = ""


@router.get("/{int:migration_id}/promotion", response=PromotionProposal, summary="What a promotion would be")
def get_promotion(request: ApiRequest, migration_id: int, where: Query[Where]) -> Any:
    """Where it can go, and which target there most likely fills each role. Nothing is made."""
    return promotion_proposal(actor=request.auth, migration_id=migration_id, environment_id=where.environment_id)


@router.post("/{int:migration_id}/promote", response={201: MigrationDetail}, summary="Promote what is proven")
def promote_migration(request: ApiRequest, migration_id: int, body: Promotion | None = None) -> Any:
    """Make the same procedure, with targets of that place, and plan it. What cannot be planned is not made."""
    wish = body or Promotion()
    made = promoting.promote(actor=request.auth, now=now(), migration_id=migration_id, **wish.model_dump())
    return Status(201, detail(request.auth, made.migration_id))


@router.get("/{int:migration_id}/comparison", response=RunComparison, summary="Compare its runs across environments")
def get_comparison(request: ApiRequest, migration_id: int, which: Query[Chosen]) -> Any:
    """One column a run, in the order of promotion and of time; `differs` marks what is not alike. Without `run`: the
    newest two of each environment."""
    return compare_runs(actor=request.auth, migration_id=migration_id, now=now(), runs=which.run)
