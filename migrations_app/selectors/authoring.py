"""What the authoring form offers: types with their roles and fields, environments, targets. All from declarations."""

from dataclasses import dataclass

from migrations_app.engine.parameters import Field
from migrations_app.engine.vocabulary import MigrationType
from migrations_app.models.actor import Actor


@dataclass(frozen=True, slots=True)
class TargetChoice:
    """`label` is `name (store, address)`."""

    id: int
    name: str
    kind: str
    label: str


@dataclass(frozen=True, slots=True)
class RoleChoice:
    """A role of a handler and the targets of the chosen environment that can fill it."""

    name: str
    label: str
    help: str
    targets: tuple[TargetChoice, ...]


@dataclass(frozen=True, slots=True)
class TypeChoice:
    type: MigrationType
    handler: str
    label: str
    summary: str


@dataclass(frozen=True, slots=True)
class EnvironmentChoice:
    id: int
    name: str
    protected: bool
    required_approvals: int


@dataclass(frozen=True, slots=True)
class AuthoringForm:
    """`environments` are those where the actor may author; `parameters` and `options` are the declared fields."""

    environments: tuple[EnvironmentChoice, ...]
    types: tuple[TypeChoice, ...]
    environment: EnvironmentChoice | None
    handler: TypeChoice | None
    roles: tuple[RoleChoice, ...]
    parameters: tuple[Field, ...]
    options: tuple[Field, ...]


def authoring_form(*, actor: Actor, environment_id: int | None = None, handler: str = "") -> AuthoringForm:
    """With the actor's first environment and the first type where none is given."""
    raise NotImplementedError
