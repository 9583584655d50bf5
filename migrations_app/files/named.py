"""A target's configuration that names one place on the workers' machine: `{"path": ...}`."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from migrations_app.engine.errors import Problem
from migrations_app.engine.parameters import Field, parse


def named_path(fields: Sequence[Field], config: Mapping[str, Any]) -> tuple[Path | None, list[Problem]]:
    """The path, and everything wrong with it, without opening anything; fields are `config.path`.

    None where the configuration does not fit the declarations.
    """
    values, problems = parse(fields, config, path="config")
    if problems:
        return None, problems
    path = Path(values["path"])
    if not path.is_absolute():
        problems.append(Problem("config.path", "This is not a whole path.", "Begin with /.", "not_absolute"))
    return path, problems
