"""Plan as code: a migration as YAML, out and in (DESIGN section 7)."""

import io
from datetime import datetime
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from migrations_app.engine.errors import Problem
from migrations_app.engine.spec_document import SpecDocument, from_document, to_document
from migrations_app.engine.vocabulary import MigrationType
from migrations_app.models import Environment, Target
from migrations_app.selectors.migrations import visible_migration
from migrations_app.services import migrations
from migrations_app.services.actor import Actor
from migrations_app.services.checking import Check, invalid
from migrations_app.services.drafts import MigrationDraft
from migrations_app.services.errors import InvalidInput
from migrations_app.services.permissions import Permission, access_of

MOST_CHARACTERS = 200_000
_METADATA = ("title", "description", "environment")


def export_yaml(*, actor: Actor, migration_id: int) -> str:
    """For whoever sees the migration. Names only: no ids and no credentials, so it can be kept in a repository."""
    migration = visible_migration(actor, migration_id)
    roles = migration.target_roles.select_related("target").order_by("pk")
    document = to_document(
        SpecDocument(
            title=migration.title,
            environment=migration.environment.name,
            type=MigrationType(migration.type),
            description=migration.description,
            handler=migration.handler if migration.type == MigrationType.CUSTOM else "",
            targets={row.role: row.target.name for row in roles},
            parameters=migration.parameters,
            options=migration.options,
        )
    )
    yaml = YAML()
    yaml.width = 100
    text = io.StringIO()
    yaml.dump(document, text)
    return text.getvalue()


def import_yaml(*, actor: Actor, now: datetime, text: str) -> int:
    """A new draft from a document. Raises InvalidInput with every problem, by the document's own field names."""
    spec, problems = from_document(_read(text))
    if spec is None:
        raise InvalidInput(problems)
    draft = _draft(actor, spec)
    try:
        return migrations.create(actor=actor, now=now, draft=draft)
    except InvalidInput as error:
        raise InvalidInput([_in_document(problem) for problem in error.problems]) from error


def _read(text: str) -> Any:
    """Plain data: no tags, no duplicate keys."""
    if len(text) > MOST_CHARACTERS:
        raise invalid(
            "document",
            f"The document is {len(text):,} characters long.",
            f"Use at most {MOST_CHARACTERS:,}.",
            "too_long",
        )
    try:
        return YAML(typ="safe", pure=True).load(text)
    except (YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}, column {mark.column + 1}" if mark is not None else ""
        what = getattr(error, "problem", None) or "it cannot be read"
        raise invalid("document", f"This is not YAML{where}: {what}.", "Correct the document.", "not_yaml") from error
    except RecursionError as error:
        raise invalid("document", "The document is nested too deeply.", "Write it flat.", "not_yaml") from error


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
