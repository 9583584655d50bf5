"""What an author writes: checked against the declarations of the chosen type before anything is saved."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from migrations_app.engine import options as engine_options
from migrations_app.engine.handler import Handler
from migrations_app.engine.parameters import parse
from migrations_app.engine.plan import content_digest
from migrations_app.engine.vocabulary import MigrationType
from migrations_app.handlers import registry
from migrations_app.models import Environment, Migration, StoredSecret, Target
from migrations_app.models.migration import TITLE_LENGTH
from migrations_app.runtime import settings
from migrations_app.services import named_secrets
from migrations_app.services.checking import Check

MOST_DESCRIPTION = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationDraft:
    """`handler` may be left out where the type has one only. `targets` maps role to target id.

    `parameters` and `options` hold what the author gave; declared defaults and the policy's floor fill the rest.
    """

    title: str
    environment_id: int
    type: str = MigrationType.SESSION
    handler: str = ""
    targets: Mapping[str, int] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    description: str = ""


@dataclass(frozen=True, slots=True)
class CheckedDraft:
    """`parameters` and `options` are what the author gave, cleaned; the effective ones are complete.

    `content_digest` is of everything that a plan is made from; the title is no part of it. `secrets` are what
    parameters name, by the parameter.
    """

    title: str
    description: str
    handler: Handler
    targets: Mapping[str, Target]
    parameters: Mapping[str, Any]
    options: Mapping[str, Any]
    effective_parameters: Mapping[str, Any]
    effective_options: Mapping[str, Any]
    content_digest: str
    secrets: Mapping[str, StoredSecret] = field(default_factory=dict)


def check(draft: MigrationDraft, environment: Environment) -> CheckedDraft:
    """Raises InvalidInput with every problem."""
    check = Check()
    title = check.text("title", draft.title, most=TITLE_LENGTH, required=True)
    description = check.text("description", draft.description, most=MOST_DESCRIPTION, lines=True)
    handler = _handler(check, draft)
    raw_parameters = check.mapping("parameters", draft.parameters)
    raw_options = check.mapping("options", draft.options)
    options, problems = engine_options.effective(raw_options, settings.current().floor())
    check.add(problems)
    if handler is None:
        check.done()
        raise AssertionError("a missing handler is a problem")
    parameters, problems = parse(handler.parameters, raw_parameters, path="parameters")
    check.add(problems)
    targets = _targets(check, draft, handler, environment)
    secrets = named_secrets.found(check, handler.parameters, parameters, environment)
    check.done()
    content = {
        "handler": handler.name,
        "description": description,
        "parameters": parameters,
        "options": options,
        "targets": {role: target.pk for role, target in targets.items()},
        **({"secrets": {name: secret.pk for name, secret in secrets.items()}} if secrets else {}),
    }
    return CheckedDraft(
        title,
        description,
        handler,
        targets,
        {name: parameters[name] for name in raw_parameters},
        {name: options[name] for name in raw_options},
        parameters,
        options,
        content_digest(content),
        secrets,
    )


def draft_of(migration: Migration, *, title: str = "") -> MigrationDraft:
    """What the author of this migration wrote."""
    return MigrationDraft(
        title=title or migration.title,
        environment_id=migration.environment_id,
        type=migration.type,
        handler=migration.handler,
        targets={row.role: row.target_id for row in migration.target_roles.all()},
        parameters=migration.parameters,
        options=migration.options,
        description=migration.description,
    )


def _handler(check: Check, draft: MigrationDraft) -> Handler | None:
    known = registry.all_handlers()
    kind = check.one_of("type", draft.type, list(MigrationType), "type of migration")
    if draft.handler:
        name = check.one_of("handler", draft.handler, sorted(known), "handler that is installed here")
        found = known.get(name)
        if found is not None and kind and found.type != kind:
            check.problem("handler", f"{name} is a handler of {found.type}.", f"Choose the type {found.type}.")
        return found
    fitting = [handler for handler in known.values() if handler.type == kind]
    if kind and not fitting:
        types = ", ".join(sorted({handler.type for handler in known.values()}))
        check.problem("type", f"No handler for {kind} is installed here.", f"Choose one of: {types}.", "unknown")
    elif len(fitting) > 1:
        names = ", ".join(sorted(handler.name for handler in fitting))
        check.problem("handler", f"{kind} has more than one handler.", f"Choose one of: {names}.", "required")
    return fitting[0] if len(fitting) == 1 else None


def _targets(check: Check, draft: MigrationDraft, handler: Handler, environment: Environment) -> dict[str, Target]:
    given = check.mapping("targets", draft.targets)
    roles = {role.name: role for role in handler.roles}
    for name in given.keys() - roles.keys():
        check.problem(f"targets.{name}"[:80], "There is no such role.", f"Roles are: {', '.join(roles)}.", "unknown")
    found: dict[str, Target] = {}
    for role in handler.roles:
        field = f"targets.{role.name}"
        key = given.get(role.name)
        if key in (None, ""):
            if role.required:
                check.problem(field, f"{role.label} is missing.", f"Choose a target in {environment.name}.", "required")
            continue
        usable = isinstance(key, int) and not isinstance(key, bool) and 0 < key < 2**63
        target = Target.objects.filter(pk=key, environment=environment).first() if usable else None
        if target is None:
            check.problem(
                field,
                f"There is no target {str(key)[:20]} in {environment.name}.",
                f"Choose one of the targets of {environment.name}.",
                "unknown_target",
            )
        elif target.archived_at is not None:
            check.problem(field, f"{target.name} is archived.", "Choose another target.", "archived")
        elif target.kind not in role.kinds:
            check.problem(
                field,
                f"{target.name} is a {target.get_kind_display()}.",
                f"{role.label} takes a {' or '.join(kind.replace('_', ' ') for kind in role.kinds)}.",
                "wrong_kind",
            )
        else:
            found[role.name] = target
    return found
