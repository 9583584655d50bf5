"""Asking the permission table, and saying no in a way that helps."""

from migrations_app.models import Environment
from migrations_app.models.actor import Actor
from migrations_app.selectors.access import TABLE, Access, Permission, Scope, access_of, people_who_see, people_with
from migrations_app.selectors.refusals import NotFound, PermissionDenied

__all__ = ["TABLE", "Access", "Permission", "Scope", "access_of", "can", "people_who_see", "people_with", "require"]


def can(actor: Actor, permission: Permission, environment: Environment | None) -> bool:
    return access_of(actor).can(permission, environment.pk if environment else None)


def require(actor: Actor, permission: Permission, environment: Environment | None) -> None:
    """Raises NotFound (hidden) for somebody who may not even see the environment, else PermissionDenied."""
    access = access_of(actor)
    if access.can(permission, environment.pk if environment else None):
        return
    if environment is not None and not access.can(Permission.VIEW, environment.pk) and actor.scopes is None:
        raise NotFound(
            "There is nothing here that you may see.",
            "Ask an admin for a role in the environment you need.",
            hidden=True,
        )
    needed, scope = TABLE[permission]
    where = f"in {environment.name}" if environment else "in every environment"
    verb = permission.value.replace("_", " ")
    if actor.scopes is not None and (scope is None or scope not in actor.scopes):
        missing = f"The token lacks the scope “{scope}”." if scope else "A token can never do this."
        raise PermissionDenied(f"{actor.username} may not {verb} {where} with this token. {missing}", "Use a browser.")
    roles = " or ".join(sorted(needed))
    raise PermissionDenied(
        f"{actor.username} may not {verb} {where}; this needs the role {roles}.",
        f"Ask an admin for the role {roles} {where}, or ask somebody who has it.",
    )
