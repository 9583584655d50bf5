"""Targets for people to choose: real stores with sessions in them."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from migrations_app.engine.vocabulary import TargetKind
from migrations_app.services import targets
from tests.cast import Cast
from tests.session_runs import fill

NOW = datetime.now(UTC)


def add_target(company: Cast, environment: str, name: str, config: dict[str, Any], **secrets: str) -> int:
    return targets.create(
        actor=company.actors["admin"],
        now=NOW,
        environment_id=company.environments[environment].pk,
        name=name,
        kind=TargetKind.SESSION_STORE,
        config=config,
        secrets=secrets,
    )


def small_stores(company: Cast, directory: Path, environment: str = "staging", sessions: int = 200) -> None:
    """`sessions-old` with sessions in it and an empty `sessions-new`, both SQLite files."""
    old = {"store": "sqlite", "path": str(directory / "old.sqlite3")}
    new = {"store": "sqlite", "path": str(directory / "new.sqlite3")}
    fill(old, sessions)
    sqlite3.connect(new["path"]).close()
    add_target(company, environment, "sessions-old", old)
    add_target(company, environment, "sessions-new", new)
