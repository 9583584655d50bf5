"""A target as a YAML document. Secrets come from the environment or from files, never from the document."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from migrations_app.cli.exits import CommandFailed, Exit

API_VERSION, KIND = "snakeweb/v1", "Target"


@dataclass(frozen=True, slots=True)
class TargetDocument:
    name: str
    environment: str
    kind: str
    config: Mapping[str, Any]
    secrets: Mapping[str, str] = field(repr=False)


def read(document: Any) -> TargetDocument:
    """Raises CommandFailed (INVALID) that names the field. What the fields of `config` mean is judged by the server."""
    whole = _mapping(document, "the document", {"apiVersion", "kind", "metadata", "spec"})
    for word, value in (("apiVersion", API_VERSION), ("kind", KIND)):
        if whole.get(word) != value:
            raise _invalid(word, f"is not “{value}”", f"Write `{word}: {value}`.")
    metadata = _mapping(whole.get("metadata"), "metadata", {"name", "environment"})
    spec = _mapping(whole.get("spec"), "spec", {"kind", "config", "secrets"})
    secrets = _mapping(spec.get("secrets", {}), "spec.secrets", None)
    return TargetDocument(
        name=_text(metadata, "metadata.name"),
        environment=_text(metadata, "metadata.environment"),
        kind=_text(spec, "spec.kind"),
        config=_mapping(spec.get("config", {}), "spec.config", None),
        secrets={name: _secret(given, f"spec.secrets.{name}") for name, given in secrets.items()},
    )


def _secret(given: Any, field: str) -> str:
    if not isinstance(given, dict) or len(given) != 1 or not set(given) <= {"env", "file"}:
        raise _invalid(
            field, "is not where the secret is", "Write {env: NAME} or {file: PATH}, and not the secret itself."
        )
    if "env" in given:
        if (value := os.environ.get(str(given["env"]))) is None:
            raise _invalid(field, f"names {given['env']}, which is not in the environment", "Set it.")
        return value
    try:
        return Path(str(given["file"])).read_text().rstrip("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise _invalid(field, f"names {given['file']}, which cannot be read", "Check path and permissions.") from error


def _mapping(value: Any, field: str, known: set[str] | None) -> dict[str, Any]:
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise _invalid(field, "is no mapping of names to values", "See `snakeweb targets apply --help`.")
    unknown = sorted(set(value) - known) if known is not None else []
    if unknown:
        raise _invalid(
            field, f"has “{unknown[0]}”, which means nothing", f"There are: {', '.join(sorted(known or ()))}."
        )
    return value


def _text(table: Mapping[str, Any], field: str) -> str:
    value = table.get(field.rpartition(".")[2])
    if not isinstance(value, str) or not value.strip():
        raise _invalid(field, "is missing, or no text", "Write a text.")
    return value.strip()


def _invalid(field: str, what: str, fix: str) -> CommandFailed:
    return CommandFailed(Exit.INVALID, f"{field} {what}; nothing was changed. {fix}")
