"""Plan as code: a migration as YAML, out and in (DESIGN section 7)."""

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import LiteralScalarString

from migrations_app.engine.errors import Problem
from migrations_app.engine.options import OPTION_FIELDS
from migrations_app.engine.spec_document import SpecDocument, from_document, to_document
from migrations_app.engine.vocabulary import MigrationType
from migrations_app.handlers import registry
from migrations_app.models import Environment, Target
from migrations_app.selectors.migrations import visible_migration
from migrations_app.selectors.promotions import RoleMapping, mappings
from migrations_app.services import drafts, migrations, planning, yaml_text
from migrations_app.services.actor import Actor
from migrations_app.services.checking import Check
from migrations_app.services.drafts import MigrationDraft
from migrations_app.services.errors import InvalidInput, PermissionDenied
from migrations_app.services.operation import operation
from migrations_app.services.permissions import TABLE, Permission, access_of

_METADATA = ("title", "description", "environment")


def export_yaml(*, actor: Actor, migration_id: int) -> str:
    """For whoever sees the migration. Names only: no ids and no credentials, so it can be kept in a repository."""
    migration = visible_migration(actor, migration_id)
    roles = migration.target_roles.select_related("target").order_by("pk")
    return written(
        migration.handler,
        SpecDocument(
            title=migration.title,
            environment=migration.environment.name,
            type=MigrationType(migration.type),
            description=migration.description,
            targets={row.role: row.target.name for row in roles},
            parameters=migration.parameters,
            options=migration.options,
        ),
    )


def written(handler: str, spec: SpecDocument) -> str:
    """The document of a spec as text. Values stand in the order of their declarations, whatever order they came in.

    The handler is named only where the type does not say it.
    """
    known = registry.all_handlers().get(handler)
    document = to_document(
        replace(
            spec,
            handler=handler if spec.type == MigrationType.CUSTOM else "",
            targets=_in_order(spec.targets, [role.name for role in known.roles] if known else []),
            parameters=_in_order(spec.parameters, [field.name for field in known.parameters] if known else []),
            options=_in_order(spec.options, [field.name for field in OPTION_FIELDS]),
        )
    )
    if "\n" in spec.description:  # people read it: lines as lines, where YAML can say them so
        document["metadata"]["description"] = LiteralScalarString(spec.description)
    yaml = YAML()
    yaml.width = 100
    text = io.StringIO()
    yaml.dump(document, text)
    return text.getvalue()


def _in_order(values: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    first = {name: values[name] for name in names if name in values}
    return first | dict(values)


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Another place for a document: `environment` by name ('' as it says), `targets` maps roles to names there."""

    environment: str = ""
    targets: Mapping[str, str] = field(default_factory=dict)


AS_IT_SAYS = Elsewhere()


def import_yaml(*, actor: Actor, now: datetime, text: str, elsewhere: Elsewhere = AS_IT_SAYS) -> int:
    """A new draft from a document. Raises InvalidInput with every problem, by the document's own field names.

    Raises PermissionDenied, before anything is read, for somebody who may author nowhere.
    """
    draft = read_yaml(actor=actor, now=now, text=text, elsewhere=elsewhere)
    with as_in_document():
        return migrations.create(actor=actor, now=now, draft=draft)


def import_planned(*, actor: Actor, now: datetime, text: str, elsewhere: Elsewhere = AS_IT_SAYS) -> int:
    """The same with its first plan; where it cannot be planned there is no migration either."""
    draft = read_yaml(actor=actor, now=now, text=text, elsewhere=elsewhere)
    with as_in_document():
        return planning.create_and_plan(actor=actor, now=now, draft=draft).migration_id


def read_yaml(*, actor: Actor, now: datetime, text: str, elsewhere: Elsewhere = AS_IT_SAYS) -> MigrationDraft:
    """What a document says, checked like an import; nothing is saved. Raises what `import_yaml` raises."""
    _may_author(actor=actor, now=now)
    draft = _draft(actor, _placed(text, elsewhere))
    with as_in_document():
        drafts.check(draft, migrations.environment_of(actor, draft))
    return draft


def mapping_offer(*, actor: Actor, text: str, environment: str = "") -> tuple[RoleMapping, ...]:
    """For each role of a document, the targets of its environment, or of that one, with a suggestion by name.

    Empty where the text is no document, or the actor may not author there.
    """
    try:
        spec = _placed(text, Elsewhere(environment))
    except InvalidInput:
        return ()
    handlers = registry.all_handlers()
    handler = handlers.get(spec.handler) or next((h for h in handlers.values() if h.type == spec.type), None)
    here = access_of(actor).within(Permission.AUTHOR, "pk")
    there = Environment.objects.filter(here, name=spec.environment).first()
    return mappings(handler, spec.targets, there) if handler and there else ()


def _placed(text: str, elsewhere: Elsewhere) -> SpecDocument:
    """Raises InvalidInput for what is no document."""
    spec, problems = from_document(yaml_text.read(text))
    if spec is None:
        raise InvalidInput(problems)
    return replace(
        spec, environment=elsewhere.environment or spec.environment, targets={**spec.targets, **elsewhere.targets}
    )


@contextmanager
def as_in_document() -> Iterator[None]:
    """Problems of a draft, by the document's field names."""
    try:
        yield
    except InvalidInput as error:
        raise InvalidInput([_in_document(problem) for problem in error.problems]) from error


@operation("migration.create", about="migration", atomic=False)
def _may_author(*, actor: Actor, now: datetime) -> None:
    """Asked before the text is looked at; whether it may be there is asked when its environment is known."""
    if access_of(actor).anywhere(Permission.AUTHOR):
        return
    _, scope = TABLE[Permission.AUTHOR]
    if actor.scopes is not None and scope not in actor.scopes:
        raise PermissionDenied(
            f"{actor.username} may not author with this token. The token lacks the scope “{scope}”.", "Use a browser."
        )
    raise PermissionDenied(
        f"{actor.username} may not author in any environment; this needs the role operator. Nothing was read.",
        "Ask an admin for the role operator in the environment of the document.",
    )


def _draft(actor: Actor, spec: SpecDocument) -> MigrationDraft:
    """Names looked up among what the actor may use; names that are not there are problems."""
    check = Check()
    visible = access_of(actor).within(Permission.VIEW, "pk")
    environment = Environment.objects.filter(visible, name=spec.environment).first()
    targets: dict[str, int] = {}
    if environment is None:
        check.problem(
            "metadata.environment",
            f"There is no environment “{spec.environment}” that you may see.",
            "Use the name of one that you may author in.",
            "unknown",
        )
    else:
        known = dict(Target.objects.filter(environment=environment).values_list("name", "pk"))
        for role, name in spec.targets.items():
            if name in known:
                targets[role] = known[name]
            else:
                check.problem(
                    f"spec.targets.{role}"[:80],
                    f"There is no target “{name}” in {environment.name}.",
                    f"Targets there: {', '.join(sorted(known)[:20]) or 'none yet'}.",
                    "unknown_target",
                )
    check.done()
    return MigrationDraft(
        title=spec.title,
        environment_id=environment.pk if environment else 0,
        type=spec.type,
        handler=spec.handler,
        targets=targets,
        parameters=spec.parameters,
        options=spec.options,
        description=spec.description,
    )


def _in_document(problem: Problem) -> Problem:
    part = "metadata" if problem.field in _METADATA else "spec"
    return Problem(f"{part}.{problem.field}", problem.message, problem.fix, problem.code)
