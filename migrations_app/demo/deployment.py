"""The example deployment, as the demo describes it to the seeding process and to the traffic."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

SOURCE = "sessions-redis"
TARGET = "sessions-postgres"
ROUTE = "sessions"
PREFIX = "session:"


@dataclass(frozen=True, slots=True)
class Store:
    config: Mapping[str, Any]
    secrets: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Deployment:
    """`stores` by target name, the one that has the sessions first."""

    stores: Mapping[str, Store]

    def write(self, path: Path, route: Mapping[str, str] | None = None) -> None:
        """Readable by this user only: it holds the stores' passwords, and the token once there is one."""
        path.touch(mode=0o600)
        path.write_text(json.dumps(asdict(self) | {"route": dict(route or {})}, indent=1))

    @classmethod
    def read(cls, path: Path) -> Self:
        stores = json.loads(path.read_text())["stores"]
        return cls({side: Store(store["config"], store["secrets"]) for side, store in stores.items()})
