"""What kind of store a target is, by its configuration; and how a pair of them is called."""

from collections.abc import Mapping
from typing import Any

FILES = "files"
LONGEST_PAIR = 80
SOURCE, TARGET = "source", "target"


def store_kind(config: Mapping[str, Any]) -> str:
    """`redis`, `postgres`, `sqlite`, `snapshot`, `beam`; `files` for a target that is no store.

    SQLAlchemy's databases go by the first word of their driver, worker pools by their driver.
    """
    engine, driver = str(config.get("engine") or ""), str(config.get("driver") or "")
    if engine == "sqlalchemy":
        return driver.partition("+")[0]
    return str(config.get("store") or engine or driver or FILES)


def pair_of(kinds: Mapping[str, str]) -> str:
    """`redis to postgres`, of roles and their kinds; of other roles `files and beam`. '' without any; never longer than
    `LONGEST_PAIR`."""
    if SOURCE in kinds and TARGET in kinds:
        return f"{kinds[SOURCE]} to {kinds[TARGET]}"[:LONGEST_PAIR]
    return " and ".join(dict.fromkeys(kinds[role] for role in sorted(kinds)))[:LONGEST_PAIR]
