"""What a promotion to another environment would be: where it can go, and a suggestion for each target."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from migrations_app.engine.handler import Handler, TargetRole
from migrations_app.engine.parameters import Field, FieldKind
from migrations_app.engine.target_mapping import Candidate, Suggestion, suggest
from migrations_app.engine.vocabulary import MigrationStatus
from migrations_app.handlers import registry
from migrations_app.models import Environment, Migration, MigrationTarget, Target
from migrations_app.models.actor import Actor
from migrations_app.selectors.access import access_of
from migrations_app.selectors.authoring import TargetChoice
from migrations_app.selectors.migrations import visible_migration
from migrations_app.selectors.procedures import environment_after, later_environments, newest_proof
from migrations_app.selectors.stored_secrets import names_in
from migrations_app.selectors.targets import address_of


@dataclass(frozen=True, slots=True)
class PromotionPlace:
    id: int
    name: str
    protected: bool
    is_next: bool


@dataclass(frozen=True, slots=True)
class RoleMapping:
    """One role: the target that fills it now, those that can fill it there, and which one most likely does.

    `suggested` is a target's id (None: nothing speaks for one of them alone), `why` the end of "suggested because".
    """

    role: str
    label: str
    help: str
    now: str
    choices: tuple[TargetChoice, ...]
    suggested: int | None
    why: str
    required: bool = True


@dataclass(frozen=True, slots=True)
class PlaceParameter:
    """A parameter that names something of the environment; `value` is that of now.

    `choices`: what it may be there, for a secret the names that are stored in the chosen environment; None: any text.
    """

    name: str
    label: str
    help: str
    value: str
    choices: tuple[str, ...] | None
    required: bool


@dataclass(frozen=True, slots=True)
class PromotionProposal:
    """`run_id` is the run that proves the procedure (None: there is none), `place` the chosen environment (None:
    there is none). `why_not` says what keeps it from being promoted there ('' where nothing does).

    `place_parameters` may be given anew.
    """

    migration_id: int
    title: str
    type_label: str
    environment: str
    run_id: int | None
    places: tuple[PromotionPlace, ...]
    place: PromotionPlace | None
    roles: tuple[RoleMapping, ...]
    place_parameters: tuple[PlaceParameter, ...]
    parameters: Mapping[str, Any]
    options: Mapping[str, Any]
    why_not: str


def promotion_proposal(*, actor: Actor, migration_id: int, environment_id: int | None = None) -> PromotionProposal:
    """To the first later environment in which the actor may author, or to that one. Raises NotFound."""
    migration = visible_migration(actor, migration_id)
    later = later_environments(access_of(actor), migration.environment)
    following = environment_after(migration.environment)
    chosen = next((e for e in later if environment_id in (None, e.pk)), None)
    run = newest_proof(migration)
    handler = registry.all_handlers().get(migration.handler)
    return PromotionProposal(
        migration_id=migration.pk,
        title=migration.title,
        type_label=migration.get_type_display(),
        environment=migration.environment.name,
        run_id=run.pk if run else None,
        places=tuple(_place(each, following) for each in later),
        place=_place(chosen, following) if chosen else None,
        roles=suggestions(migration, chosen, handler) if chosen and handler else (),
        place_parameters=tuple(_parameter(field, migration, chosen) for field in place_fields(handler)),
        parameters=migration.parameters,
        options=migration.options,
        why_not=_why_not(migration, run is not None and migration.status == MigrationStatus.COMPLETED, chosen, handler),
    )


def place_fields(handler: Handler | None) -> tuple[Field, ...]:
    """Parameters that name something of an environment."""
    return tuple(field for field in handler.parameters if field.names_something_of_the_place) if handler else ()


def suggestions(migration: Migration, environment: Environment, handler: Handler) -> tuple[RoleMapping, ...]:
    """For each role of the handler, in its order; no target is suggested twice."""
    now = {row.role: row.target for row in migration.target_roles.select_related("target")}
    stores = {role: _store(target) for role, target in now.items()}
    names = {role: target.name for role, target in now.items()}
    return mappings(handler, names, environment, stores=stores, origin=migration.environment.name)


def mappings(
    handler: Handler,
    names: Mapping[str, str],
    environment: Environment,
    *,
    stores: Mapping[str, str] | None = None,
    origin: str = "",
) -> tuple[RoleMapping, ...]:
    """The same for targets that are known by name alone (`stores` None), and perhaps from nowhere here."""
    there = list(Target.objects.filter(environment=environment, archived_at=None).order_by("name"))
    filled = set(MigrationTarget.objects.filter(target__in=there).values_list("role", "target_id"))
    taken: list[int] = []
    found = []
    for role in handler.roles:
        fitting = [target for target in there if target.kind in role.kinds]
        candidates = [
            Candidate(t.pk, t.name, "" if stores is None else _store(t), (role.name, t.pk) in filled) for t in fitting
        ]
        name, store = names.get(role.name, ""), (stores or {}).get(role.name, "")
        both = (origin, environment.name)
        likely = suggest(name, store, candidates, environments=both, taken=taken) if name else None
        taken += [likely.id] if likely else []
        found.append(_mapping(role, name, fitting, likely))
    return tuple(found)


def _mapping(role: TargetRole, old: str, fitting: list[Target], likely: Suggestion | None) -> RoleMapping:
    return RoleMapping(
        role=role.name,
        label=role.label,
        help=role.help,
        now=old,
        choices=tuple(TargetChoice(t.pk, t.name, t.kind, f"{t.name} ({address_of(t.config)})") for t in fitting),
        suggested=likely.id if likely else None,
        why=likely.why if likely else "",
        required=role.required,
    )


def _store(target: Target) -> str:
    return str(target.config.get("store", ""))


def _place(environment: Environment, following: Environment | None) -> PromotionPlace:
    return PromotionPlace(environment.pk, environment.name, environment.protected, environment == following)


def _parameter(field: Field, migration: Migration, chosen: Environment | None) -> PlaceParameter:
    value = migration.parameters.get(field.name, field.default)
    text = "" if value is None else str(value)
    return PlaceParameter(field.name, field.label, field.help, text, _choices(field, chosen), field.required)


def _choices(field: Field, chosen: Environment | None) -> tuple[str, ...] | None:
    if field.kind is FieldKind.SECRET:
        return names_in(chosen.pk) if chosen else ()
    return tuple(field.choices) if field.kind is FieldKind.CHOICE else None


def _why_not(migration: Migration, proven: bool, chosen: Environment | None, handler: Handler | None) -> str:
    if not proven:
        return f"no run of “{migration.title}” has succeeded and stands; only what is proven is promoted"
    if handler is None:
        return f"the handler “{migration.handler}” is not installed here any more"
    if chosen is None:
        return f"there is no such environment after {migration.environment} in which you may author"
    return ""
