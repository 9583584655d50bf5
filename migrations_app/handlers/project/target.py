"""A project target's configuration: `{"path": ...}`, declared once, checked whole."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from migrations_app.engine.errors import Problem, ValidationFailed
from migrations_app.engine.parameters import Field, FieldKind, parse

PROJECT_FIELDS = (
    Field(
        "path",
        FieldKind.TEXT,
        "Directory",
        required=True,
        max_length=1000,
        help="The whole path on the workers' machine, as /srv/app: where mix.exs or the Python package stands.",
    ),
)


def config_problems(config: Mapping[str, Any]) -> list[Problem]:
    """Everything wrong with it, without opening anything; fields are `config.path`."""
    return _parse(config)[1]


def directory_of(config: Mapping[str, Any]) -> Path:
    """Raises ValidationFailed with every problem."""
    path, problems = _parse(config)
    if path is None or problems:
        raise ValidationFailed("The target's configuration is not usable.", problems=problems)
    return path


def _parse(config: Mapping[str, Any]) -> tuple[Path | None, list[Problem]]:
    values, problems = parse(PROJECT_FIELDS, config, path="config")
    if problems:
        return None, problems
    path = Path(values["path"])
    if not path.is_absolute() or "\0" in values["path"]:
        problems.append(Problem("config.path", "This is not a whole path.", "Begin with /.", "not_absolute"))
    return path, problems
