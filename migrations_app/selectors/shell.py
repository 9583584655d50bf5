"""What the frame around each page needs to know about its reader."""

from dataclasses import dataclass

from migrations_app.models.actor import Actor


@dataclass(frozen=True, slots=True)
class Shell:
    """`roles` are sentences such as “operator in staging”."""

    username: str
    name: str
    email: str
    roles: tuple[str, ...]
    inbox: int
    can_author: bool
    can_manage_targets: bool
    can_manage_environments: bool
    can_manage_people: bool
    can_read_audit: bool
    sees_something: bool


def shell(*, actor: Actor) -> Shell:
    raise NotImplementedError
