"""A worker-pool target's configuration: `{"driver": "beam", ...}`, declared once, checked whole.

The cookie is never in it; it arrives as the secret `password`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from migrations_app.beam.address import NODE_FIELDS, node_problems
from migrations_app.engine.errors import Problem, ValidationFailed
from migrations_app.engine.parameters import Field, FieldKind, parse

POOL_FIELDS: Mapping[str, tuple[Field, ...]] = {
    "beam": (
        *NODE_FIELDS,
        Field("server", FieldKind.TEXT, "Pool server", default="Elixir.Snakepit.Pool", max_length=255,
              help="The registered process that hands requests to workers."),
        Field("pool", FieldKind.TEXT, "Pool", default="default", max_length=255,
              help="The pool's name in the node's configuration, without the colon."),
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PoolConfig:
    """A checked configuration."""

    driver: str
    values: Mapping[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.values[name]


def config_problems(config: Mapping[str, Any]) -> list[Problem]:
    """Everything wrong with a configuration, without connecting; fields are `config.node`."""
    return _parse(config)[1]


def parse_config(config: Mapping[str, Any]) -> PoolConfig:
    """Raises ValidationFailed with every problem."""
    parsed, problems = _parse(config)
    if parsed is None or problems:
        raise ValidationFailed("The target's configuration is not usable.", problems=problems)
    return parsed


def _parse(config: Mapping[str, Any]) -> tuple[PoolConfig | None, list[Problem]]:
    driver = str(config.get("driver", ""))
    if driver not in POOL_FIELDS:
        known = ", ".join(POOL_FIELDS)
        problem = f"“{driver}” is no driver of worker pools."
        return None, [Problem("config.driver", problem, f"Use one of: {known}.", "choice")]
    given = {name: value for name, value in config.items() if name != "driver"}
    values, problems = parse(POOL_FIELDS[driver], given, path="config")
    if not problems:
        problems += node_problems(values)
    return PoolConfig(driver, values), problems
