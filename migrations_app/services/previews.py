"""What a draft would be as a document, and what it still lacks, before anything of it is saved."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from migrations_app.engine import options as engine_options
from migrations_app.engine.errors import Problem
from migrations_app.engine.parameters import parse
from migrations_app.engine.spec_document import SpecDocument
from migrations_app.engine.vocabulary import MigrationType
from migrations_app.handlers import registry
from migrations_app.models import Target
from migrations_app.runtime import settings
from migrations_app.services import documents, drafts, migrations
from migrations_app.services.actor import Actor
from migrations_app.services.drafts import MigrationDraft
from migrations_app.services.errors import InvalidInput
from migrations_app.services.permissions import Permission, access_of


@dataclass(frozen=True, slots=True)
class Preview:
    """`text` is what the export will be once the draft is saved; `problems` is what stands in the way of saving it."""

    text: str
    problems: tuple[Problem, ...]


def preview(*, actor: Actor, draft: MigrationDraft) -> Preview:
    """Values that cannot be read are shown as they were typed. Raises PermissionDenied where one may not author."""
    problems: tuple[Problem, ...] = ()
    environment = ""
    try:
        place = migrations.environment_of(actor, draft)
        environment = place.name
        drafts.check(draft, place)
    except InvalidInput as refused:
        problems = refused.problems
    spec = SpecDocument(
        title=draft.title.strip(),
        environment=environment,
        type=MigrationType(draft.type),
        description=draft.description.strip(),
        targets=_names(actor, draft.targets),
        parameters=_parameters(draft),
        options=_options(draft),
    )
    return Preview(documents.written(draft.handler, spec), problems)


def _names(actor: Actor, targets: Mapping[str, int]) -> dict[str, str]:
    """Of those that the actor may see: a number of another's says no name."""
    seen = Target.objects.filter(access_of(actor).within(Permission.VIEW), pk__in=targets.values())
    known = dict(seen.values_list("pk", "name"))
    return {role: known[target_id] for role, target_id in targets.items() if target_id in known}


def _parameters(draft: MigrationDraft) -> dict[str, Any]:
    handler = registry.all_handlers().get(draft.handler)
    typed, _ = parse(handler.parameters if handler else (), draft.parameters, path="parameters")
    return {name: typed.get(name, given) for name, given in draft.parameters.items()}


def _options(draft: MigrationDraft) -> dict[str, Any]:
    typed, _ = engine_options.effective(draft.options, settings.current().floor())
    return {name: typed.get(name, given) for name, given in draft.options.items()}
