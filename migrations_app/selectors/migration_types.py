"""The migration types that this process knows, and those that it refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from migrations_app.engine.handler import Handler
from migrations_app.engine.parameters import json_schema
from migrations_app.handlers import registry
from migrations_app.handlers.registry import Refused
from migrations_app.models.actor import Actor

BUILT_IN = "Snakeweb"

__all__ = ["BUILT_IN", "MigrationTypes", "Refused", "RoleOfType", "TypeRow", "migration_types"]


@dataclass(frozen=True, slots=True)
class RoleOfType:
    name: str
    label: str
    help: str
    kinds: tuple[str, ...]
    required: bool
    claim: str


@dataclass(frozen=True, slots=True)
class TypeRow:
    """`origin` is the package and its version, or the setting; `compatible_versions` are those whose plans it runs
    besides its own. `parameters` is a JSON Schema (draft 2020-12): what `parameters` of a migration may hold."""

    handler: str
    version: str
    compatible_versions: tuple[str, ...]
    type: str
    label: str
    summary: str
    origin: str
    roles: tuple[RoleOfType, ...]
    parameters: Mapping[str, Any]
    unused_options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MigrationTypes:
    types: tuple[TypeRow, ...]
    refused: tuple[Refused, ...]


def migration_types(*, actor: Actor) -> MigrationTypes:
    """What this process has; another one may have been started before a package was installed. For everybody."""
    custom = registry.custom()
    rows = [_row(handler, custom.origins.get(name, BUILT_IN)) for name, handler in registry.all_handlers().items()]
    return MigrationTypes(tuple(rows), custom.refused)


def _row(handler: Handler, origin: str) -> TypeRow:
    return TypeRow(
        handler=handler.name,
        version=handler.version,
        compatible_versions=tuple(handler.compatible_versions),
        type=str(handler.type),
        label=handler.label,
        summary=handler.summary,
        origin=origin,
        roles=tuple(
            RoleOfType(
                role.name, role.label, role.help, tuple(str(k) for k in role.kinds), role.required, str(role.claim)
            )
            for role in handler.roles
        ),
        parameters=json_schema(handler.parameters),
        unused_options=tuple(sorted(handler.unused_options)),
    )
