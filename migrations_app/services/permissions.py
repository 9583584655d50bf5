"""Asking the permission table, and saying no in a way that helps."""

from dataclasses import replace

from migrations_app.models import Environment
from migrations_app.models.actor import Actor
from migrations_app.selectors.access import TABLE, Access, Permission, Scope, access_of, people_who_see, people_with
from migrations_app.selectors.refusals import NotFound, PermissionDenied

__all__ = ["TABLE", "Access", "Permission", "Scope", "access_of", "can", "people_who_see", "people_with", "require"]


def can(actor: Actor, permission: Permission, environment: Environment | None) -> bool:
    return access_of(actor).can(permission, environment.pk if environment else None)


def require(
    actor: Actor, permission: Permission, environment: Environment | None, *, absent: NotFound | None = None
) -> None:
    """Raises `absent` (hidden) for somebody who may not even see the environment, else PermissionDenied.

    `absent` is what is said where there is no such thing, so that nobody learns from the words that there is one. A
    token that may not see what its person may is told which scope it lacks. A thing of the whole installation, with
    `absent`, is hidden from whoever does not see all of it.
    """
    access, place = access_of(actor), environment.pk if environment else None
    if access.can(permission, place):
        return
    named = environment.name if environment else ""
    if (environment or absent) and not replace(access, scopes=None).can(Permission.VIEW, place):
        raise _hidden(absent, named)
    needed, scope = TABLE[permission]
    where = f"in {environment.name}" if environment else "in every environment"
    verb = permission.value.replace("_", " ")
    if actor.scopes is not None and (scope is None or scope not in actor.scopes):
        missing = f"The token lacks the scope “{scope}”." if scope else "A token can never do this."
        said = f"{actor.username} may not {verb} {where} with this token. {missing}"
        raise PermissionDenied(said, "Use a browser.").about(named)
    roles = " or ".join(sorted(needed))
    raise PermissionDenied(
        f"{actor.username} may not {verb} {where}; this needs the role {roles}.",
        f"Ask an admin for the role {roles} {where}, or ask somebody who has it.",
    ).about(named)


def _hidden(absent: NotFound | None, environment: str) -> NotFound:
    hidden = absent or NotFound("There is nothing here that you may see.", "Ask an admin for a role where you need it.")
    hidden.hidden = True
    return hidden.about(environment)
