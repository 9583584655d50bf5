"""Checked wishes for tests: what the services make of a draft, without a database."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from migrations_app.engine import options as engine_options
from migrations_app.engine.errors import ValidationFailed
from migrations_app.engine.handler import Handler, Spec
from migrations_app.engine.parameters import FieldKind, parse
from migrations_app.engine.plan import SecretRef, Target
from migrations_app.engine.ports import Artifacts
from migrations_app.engine.vocabulary import TargetKind

ENVIRONMENT = "staging"


def spec_of(
    handler: Handler,
    targets: Mapping[str, Target],
    *,
    parameters: Mapping[str, Any] | None = None,
    options: Mapping[str, Any] | None = None,
    protected: bool = False,
    artifacts: Artifacts | None = None,
) -> Spec:
    """A wish for these targets by role; what is left out takes its declared default. Each secret that a parameter
    names is there.

    Raises ValidationFailed with every value that the declarations refuse.
    """
    values, problems = parse(handler.parameters, parameters or {}, path="parameters")
    chosen, wrong = engine_options.effective(options or {}, {})
    if problems or wrong:
        raise ValidationFailed(problems=[*problems, *wrong])
    return Spec(
        type=handler.type,
        handler=handler.name,
        environment=ENVIRONMENT,
        protected=protected,
        targets=targets,
        parameters=values,
        options=chosen,
        artifacts=artifacts,
        secrets=named_secrets(handler, values),
    )


def named_secrets(handler: Handler, parameters: Mapping[str, Any]) -> tuple[SecretRef, ...]:
    """One for each parameter that names a secret, in the order of their declaration, with made-up ids from 1."""
    named = [each.name for each in handler.parameters if each.kind is FieldKind.SECRET and parameters.get(each.name)]
    return tuple(SecretRef(name, number, parameters[name], 1) for number, name in enumerate(named, 1))


def target_of(
    kind: TargetKind,
    config: Mapping[str, Any],
    *,
    number: int = 1,
    name: str = "",
    secrets: Mapping[str, str] | None = None,
) -> Target:
    """A target as a worker gets it; each of one spec has a `number` of its own."""
    return Target(number, name or f"target-{number}", kind, ENVIRONMENT, dict(config), dict(secrets or {}))


def directory_target(path: Path, *, number: int = 1, name: str = "") -> Target:
    """A project's directory."""
    config, name = {"path": str(path)}, name or path.name
    return Target(number, name, TargetKind.ADAPTER_PROJECT, ENVIRONMENT, config, roots=(path.parent,))
