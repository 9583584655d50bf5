"""The example deployment, as the demo describes it to the seeding process and to the traffic."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

SOURCE = "sessions-redis"
TARGET = "sessions-postgres"
ROUTE = "sessions"
PREFIX = "session:"
CATALOGUE = "catalogue-postgres"  # a database of its own on the same PostgreSQL


@dataclass(frozen=True, slots=True)
class Store:
    config: Mapping[str, Any]
    secrets: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Deployment:
    """`stores` by target name, the one that has the sessions first; `databases` by target name, too."""

    stores: Mapping[str, Store]
    databases: Mapping[str, Store] = field(default_factory=dict)

    def write(self, path: Path, route: Mapping[str, str] | None = None) -> None:
        """Readable by this user only: it holds the stores' passwords, and the token once there is one."""
        path.touch(mode=0o600)
        path.write_text(json.dumps(asdict(self) | {"route": dict(route or {})}, indent=1))

    @classmethod
    def read(cls, path: Path) -> Self:
        said = json.loads(path.read_text())
        return cls(*(_places(said.get(name, {})) for name in ("stores", "databases")))


def _places(said: Mapping[str, Any]) -> dict[str, Store]:
    return {name: Store(place["config"], place["secrets"]) for name, place in said.items()}
