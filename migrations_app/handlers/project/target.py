"""A project target's configuration: `{"path": ...}`, declared once, checked whole."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from migrations_app.engine.errors import Problem, ValidationFailed
from migrations_app.engine.parameters import Field, FieldKind
from migrations_app.files.named import named_path

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
    return named_path(PROJECT_FIELDS, config)[1]


def directory_of(config: Mapping[str, Any]) -> Path:
    """Raises ValidationFailed with every problem."""
    path, problems = named_path(PROJECT_FIELDS, config)
    if path is None or problems:
        raise ValidationFailed("The target's configuration is not usable.", problems=problems)
    return path
