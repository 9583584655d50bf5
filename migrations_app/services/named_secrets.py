"""The secrets that the parameters of a migration name: looked up in its environment, and noted with the migration."""

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from migrations_app.engine.parameters import Field, FieldKind
from migrations_app.engine.plan import SecretRef
from migrations_app.models import Environment, Migration, MigrationSecret, StoredSecret
from migrations_app.services.checking import Check


def found(
    check: Check, fields: Sequence[Field], values: Mapping[str, Any], environment: Environment
) -> dict[str, StoredSecret]:
    """By the parameter; each that is not there is a problem. No problem repeats what was given: it may be the secret
    itself, typed where its name belongs."""
    rows: dict[str, StoredSecret] = {}
    for declared in fields:
        name = values.get(declared.name) if declared.kind is FieldKind.SECRET else None
        if name is None:
            continue
        row = StoredSecret.objects.filter(environment=environment, name=name).first()
        if row is None:
            check.problem(f"parameters.{declared.name}", *_not_there(declared, name, environment))
        elif row.archived_at is not None:
            said = f"The secret “{row.name}” is archived."
            check.problem(f"parameters.{declared.name}", said, "Choose another one, or have it restored.", "archived")
        else:
            rows[declared.name] = row
    return rows


def refs(secrets: Mapping[str, StoredSecret]) -> tuple[SecretRef, ...]:
    """As a plan binds them, by the names of their parameters."""
    return tuple(SecretRef(name, row.pk, row.name, row.version) for name, row in sorted(secrets.items()))


def note(migration: Migration, secrets: Mapping[str, StoredSecret]) -> None:
    """These are what its parameters name now; in the caller's transaction."""
    migration.named_secrets.all().delete()
    for name, row in secrets.items():
        MigrationSecret.objects.create(migration=migration, parameter=name, secret=row)


def _not_there(declared: Field, name: str, environment: Environment) -> tuple[str, str, str]:
    """Whether another environment has one of this name is not said: who authors here may not see that one."""
    known = list(StoredSecret.objects.filter(environment=environment, archived_at=None).values_list("name", flat=True))
    near = difflib.get_close_matches(name, known, n=1)
    fix = f"Did you mean “{near[0]}”?" if near else f"Choose one of: {', '.join(known)}." if known else _STORE_ONE
    said = f"{declared.label}: {environment.name} has no secret of this name."
    return said, f"{fix} Or have an admin store one under this name there." if known else fix, "unknown_secret"


_STORE_ONE = "Have an admin store it first: there is none yet."
