"""What a migration runs after, and what else it has to do with."""

from typing import Any

from ninja import Router, Status

from migrations_app.api.callers import ApiRequest, now
from migrations_app.api.schemas import Input
from migrations_app.selectors.related import RelatedPage, related_page
from migrations_app.services import dependencies

router = Router(tags=["migrations"])


class Before(Input):
    predecessor_id: int


@router.get("/{int:migration_id}/related", response=RelatedPage)
def get_related(request: ApiRequest, migration_id: int) -> Any:
    return related_page(actor=request.auth, migration_id=migration_id, now=now())


@router.post("/{int:migration_id}/dependencies", response={201: RelatedPage})
def add_dependency(request: ApiRequest, migration_id: int, body: Before) -> Any:
    """It does not start before that migration has completed."""
    dependencies.add(actor=request.auth, now=now(), migration_id=migration_id, predecessor_id=body.predecessor_id)
    return Status(201, related_page(actor=request.auth, migration_id=migration_id, now=now()))


@router.delete("/{int:migration_id}/dependencies/{int:predecessor_id}", response=RelatedPage)
def remove_dependency(request: ApiRequest, migration_id: int, predecessor_id: int) -> Any:
    dependencies.remove(actor=request.auth, now=now(), migration_id=migration_id, predecessor_id=predecessor_id)
    return related_page(actor=request.auth, migration_id=migration_id, now=now())
