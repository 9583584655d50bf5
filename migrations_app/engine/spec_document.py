"""Plan as code: the `snakeweb/v1` document that people keep in a repository (DESIGN section 7).

The doors read YAML or JSON text; this module gets what they read, which may be anything.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from migrations_app.engine.errors import Problem
from migrations_app.engine.parameters import Field, FieldKind, parse, unknown_keys
from migrations_app.engine.vocabulary import MigrationType

API_VERSION = "snakeweb/v1"
KIND = "Migration"
_TITLE_LENGTH = 200
_NAME_LENGTH = 120
_MOST_TARGETS = 50

_METADATA = (
    Field("title", FieldKind.TEXT, "The title", required=True, max_length=_TITLE_LENGTH),
    Field("environment", FieldKind.TEXT, "The environment", required=True, max_length=_NAME_LENGTH),
    Field("description", FieldKind.TEXT, "The description", default="", max_length=10_000),
)
_SPEC = (
    Field("type", FieldKind.CHOICE, "The type", required=True, choices=tuple(MigrationType)),
    Field("handler", FieldKind.TEXT, "The handler", default="", max_length=_NAME_LENGTH),
)
_MAPPINGS = ("targets", "parameters", "options")


@dataclass(frozen=True, slots=True)
class SpecDocument:
    """What a document wishes for, well-formed but not yet looked up: names, not objects.

    `targets` maps role to target name. `handler` is empty unless a custom migration names one.
    """

    title: str
    environment: str
    type: MigrationType
    description: str = ""
    handler: str = ""
    targets: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)


def from_document(document: Any) -> tuple[SpecDocument | None, list[Problem]]:
    """Check the shape of a document. Returns the spec, or None with every problem at once.

    Values of parameters and options are checked later, against the handler's declarations and the floor.
    """
    if not isinstance(document, Mapping):
        return None, [
            Problem(
                "", "The document is not a mapping.", f"Begin it with “apiVersion: {API_VERSION}”.", "not_a_mapping"
            )
        ]
    problems = [*_head(document)]
    metadata, spec = _section(document, "metadata", problems), _section(document, "spec", problems)
    about, found = parse(_METADATA, metadata, path="metadata")
    problems += found
    kind, found = parse(_SPEC, {key: spec[key] for key in spec if key not in _MAPPINGS}, path="spec")
    problems += found
    parts = {name: _section(spec, name, problems, path="spec.", required=name == "targets") for name in _MAPPINGS}
    problems += _targets(parts["targets"])
    if kind.get("type") == MigrationType.CUSTOM and not kind.get("handler"):
        problems.append(
            Problem("spec.handler", "A custom migration names its handler.", "Add “handler: <name>”.", "required")
        )
    if problems:
        return None, problems
    return SpecDocument(
        title=about["title"].strip(),
        environment=about["environment"].strip(),
        description=about["description"],
        type=MigrationType(kind["type"]),
        handler=kind["handler"],
        targets={role: name.strip() for role, name in parts["targets"].items()},
        parameters=parts["parameters"],
        options=parts["options"],
    ), []


def to_document(spec: SpecDocument) -> dict[str, Any]:
    """The document of a spec; `from_document` reads it back as the same spec. Keys are in reading order."""
    metadata: dict[str, Any] = {"title": spec.title, "environment": spec.environment}
    if spec.description:
        metadata["description"] = spec.description
    body: dict[str, Any] = {"type": str(spec.type)}
    if spec.handler:
        body["handler"] = spec.handler
    body |= {"targets": dict(spec.targets), "parameters": dict(spec.parameters), "options": dict(spec.options)}
    return {"apiVersion": API_VERSION, "kind": KIND, "metadata": metadata, "spec": body}


def _head(document: Mapping[Any, Any]) -> Iterator[Problem]:
    for key, wanted in (("apiVersion", API_VERSION), ("kind", KIND)):
        if document.get(key) != wanted:
            given = document.get(key)
            found = (
                f"is “{given[:60]}”" if isinstance(given, str) else "is not text" if key in document else "is missing"
            )
            yield Problem(key, f"{key} {found}.", f"Write “{key}: {wanted}”.", "unsupported")
    yield from unknown_keys(document, ("apiVersion", "kind", "metadata", "spec"), path="")


def _section(
    holder: Mapping[Any, Any], name: str, problems: list[Problem], *, path: str = "", required: bool = True
) -> Mapping[str, Any]:
    section = holder.get(name)
    if section is None and not required:
        return {}
    if isinstance(section, Mapping):
        if not all(isinstance(key, str) for key in section):
            problems.append(Problem(f"{path}{name}", f"A key of “{name}” is not text.", "Put it in quotes.", "key"))
        return {key: value for key, value in section.items() if isinstance(key, str)}
    what = "is missing" if section is None else "is not a mapping"
    problems.append(Problem(f"{path}{name}", f"“{name}” {what}.", f"Add “{name}:” with its entries.", "required"))
    return {}


def _targets(targets: Mapping[str, Any]) -> Iterator[Problem]:
    if len(targets) > _MOST_TARGETS:
        yield Problem("spec.targets", f"There are {len(targets)} targets.", f"Use at most {_MOST_TARGETS}.", "too_long")
        return
    for role, name in targets.items():
        if not isinstance(name, str) or not name.strip() or len(name) > _NAME_LENGTH:
            field_name = f"spec.targets.{role[:60]}"
            yield Problem(field_name, "A target is given by its name.", "Write the name of a target.", "invalid")
