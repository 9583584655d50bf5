"""The versions of a configuration: list, compare, restore."""

from typing import Any

from ninja import Router, Schema, Status

from migrations_app.api.callers import ApiRequest, now
from migrations_app.api.schemas import Input, Page
from migrations_app.selectors.configuration_history import VersionRow, configuration_history
from migrations_app.services import configuration_history as history
from migrations_app.services.configuration_history import VersionsCompared

router = Router(tags=["targets"])


class Restore(Input):
    """`title` may be left out."""

    title: str = ""


class PlannedRestore(Schema):
    migration_id: int
    revision: int
    digest: str


@router.get("/{int:target_id}/history", response=Page[VersionRow])
def list_versions(request: ApiRequest, target_id: int) -> Any:
    """Every content that runs found, wrote or gave back, the newest first."""
    found = configuration_history(actor=request.auth, target_id=target_id)
    return {"items": list(found.versions), "next_cursor": "", "total": len(found.versions) + found.older}


@router.get("/{int:target_id}/history/{int:before}/{int:after}", response=VersionsCompared)
def compare_versions(request: ApiRequest, target_id: int, before: int, after: int) -> Any:
    """Lines beside lines, those that differ with some around them. Values of keys that name a credential are hidden."""
    return history.compare_versions(actor=request.auth, target_id=target_id, before=before, after=after)


@router.post("/{int:target_id}/history/{int:number}/restore", response={201: PlannedRestore})
def restore_version(request: ApiRequest, target_id: int, number: int, body: Restore) -> Any:
    """A new, planned migration that writes the content of this version; it goes through review like any other."""
    planned = history.plan_restore(actor=request.auth, now=now(), target_id=target_id, number=number, title=body.title)
    return Status(201, planned)
