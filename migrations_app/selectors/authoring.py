"""What the authoring form offers: types with their roles and fields, environments, targets. All from declarations."""

from dataclasses import dataclass, replace

from migrations_app.engine.handler import Handler, TargetRole
from migrations_app.engine.options import OPTION_FIELDS
from migrations_app.engine.parameters import Field, FieldKind
from migrations_app.engine.plan_template import PlanTemplate
from migrations_app.engine.vocabulary import MigrationType
from migrations_app.handlers import registry
from migrations_app.models import Environment, Target
from migrations_app.models.actor import Actor
from migrations_app.selectors.access import Permission, access_of
from migrations_app.selectors.policy_rules import least_signatures
from migrations_app.selectors.stored_secrets import names_in
from migrations_app.selectors.targets import address_of


@dataclass(frozen=True, slots=True)
class TargetChoice:
    """`label` is `name (address)`."""

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
    required: bool = True


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


@dataclass(frozen=True, slots=True)
class TemplateChoice:
    """`key` names it among the templates of every handler."""

    key: str
    handler: str
    label: str
    template: PlanTemplate


def template_choices() -> tuple[TemplateChoice, ...]:
    """The sample plans of every type that is installed here."""
    return tuple(
        TemplateChoice(f"{handler.name}/{template.name}", handler.name, handler.label, template)
        for handler in registry.all_handlers().values()
        for template in handler.templates
    )


def authoring_form(
    *, actor: Actor, environment_id: int | None = None, handler: str = "", of_type: str = ""
) -> AuthoringForm:
    """With the actor's first environment and the first handler (of that type) where none, or no known one, is given."""
    here = access_of(actor).within(Permission.AUTHOR, "pk")
    places = list(Environment.objects.filter(here).order_by("position"))
    least = least_signatures(places)
    environments = tuple(EnvironmentChoice(e.pk, e.name, e.protected, least[e.pk]) for e in places)
    environment = next((e for e in environments if e.id == environment_id), environments[0] if environments else None)
    handlers = registry.all_handlers()
    chosen = handlers.get(handler) or next((h for h in handlers.values() if of_type in ("", h.type)), None)
    return AuthoringForm(
        environments=environments,
        types=tuple(_type(known) for known in handlers.values()),
        environment=environment,
        handler=_type(chosen) if chosen else None,
        roles=tuple(_role(role, environment) for role in chosen.roles) if chosen else (),
        parameters=_parameters(chosen, environment) if chosen else (),
        options=tuple(field for field in OPTION_FIELDS if not chosen or field.name not in chosen.unused_options),
    )


def _parameters(handler: Handler, environment: EnvironmentChoice | None) -> tuple[Field, ...]:
    """The choices of a secret are the names that a plan of this environment may use."""
    if not any(field.kind is FieldKind.SECRET for field in handler.parameters):
        return handler.parameters
    names = names_in(environment.id) if environment else ()
    return tuple(replace(f, choices=names) if f.kind is FieldKind.SECRET else f for f in handler.parameters)


def _type(handler: Handler) -> TypeChoice:
    return TypeChoice(handler.type, handler.name, handler.label, handler.summary)


def _role(role: TargetRole, environment: EnvironmentChoice | None) -> RoleChoice:
    fitting = Target.objects.none()
    if environment is not None:
        fitting = Target.objects.filter(environment=environment.id, archived_at=None, kind__in=role.kinds)
    return RoleChoice(
        role.name,
        role.label,
        role.help,
        tuple(
            TargetChoice(target.pk, target.name, target.kind, f"{target.name} ({address_of(target.config)})")
            for target in fitting.order_by("name")
        ),
        role.required,
    )
