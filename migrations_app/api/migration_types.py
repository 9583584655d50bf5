from typing import Any

from ninja import Router

from migrations_app.api.callers import ApiRequest
from migrations_app.selectors import migration_types as reads
from migrations_app.selectors.migration_types import MigrationTypes

router = Router(tags=["migration types"])


@router.get("", response=MigrationTypes)
def list_migration_types(request: ApiRequest) -> Any:
    """What is installed, built in or shipped by others, with the roles and parameters that a migration of it has.

    `refused` are packages that cannot be used, each with the reason.
    """
    return reads.migration_types(actor=request.auth)
