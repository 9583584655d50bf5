"""A configuration-file target's configuration: `{"path": ...}`, declared once, checked whole."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from migrations_app.engine.errors import Problem, ValidationFailed
from migrations_app.engine.parameters import Field, FieldKind
from migrations_app.files.named import named_path

ENDINGS = (".exs", ".ex", ".json", ".yaml", ".yml", ".toml")
CONFIG_FIELDS = (
    Field(
        "path",
        FieldKind.TEXT,
        "First file",
        required=True,
        max_length=1000,
        help="The whole path on the workers' machine, as /srv/app/config/config.exs. What it imports belongs to it. "
        f"Its ending says the format: {', '.join(ENDINGS)}.",
    ),
)


@dataclass(frozen=True, slots=True)
class Place:
    """A checked configuration. Names of files are paths from the directory of the first one, with slashes."""

    path: Path

    @property
    def first(self) -> str:
        return self.path.name

    def file(self, name: str) -> Path:
        return self.path.parent / PurePosixPath(name)


def config_problems(config: Mapping[str, Any]) -> list[Problem]:
    """Everything wrong with it, without opening a file; fields are `config.path`."""
    return _parse(config)[1]


def place_of(config: Mapping[str, Any]) -> Place:
    """Raises ValidationFailed with every problem."""
    place, problems = _parse(config)
    if place is None or problems:
        raise ValidationFailed("The target's configuration is not usable.", problems=problems)
    return place


def _parse(config: Mapping[str, Any]) -> tuple[Place | None, list[Problem]]:
    path, problems = named_path(CONFIG_FIELDS, config)
    if path is None:
        return None, problems
    if path.suffix.lower() not in ENDINGS:
        fix = f"Name the configuration's first file; it ends with one of {', '.join(ENDINGS)}."
        problems.append(Problem("config.path", f"“{path.name}” does not say its format.", fix, "format_unknown"))
    return Place(path), problems
