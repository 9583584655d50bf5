"""What an author may set about a source that keeps changing."""

from collections.abc import Mapping
from typing import Any

from migrations_app.engine.parameters import Field, FieldKind

OFF, TRIGGERS, CHANGE_COLUMN = "off", "triggers", "change_column"
GRACE = "refusal_after_rollback_s"
LOCK, REVOKE, CONFIRM = "lock", "revoke", "confirm"

PARAMETERS = (
    Field(
        "live",
        FieldKind.CHOICE,
        "While it is copied the source",
        default=OFF,
        choices=(OFF, TRIGGERS, CHANGE_COLUMN),
        help="off: is not written to. triggers: is written to; triggers note the keys of what changes, the plan makes "
        "and removes them. change_column: is written to, and a column that only grows tells what is new; rows that "
        "are deleted are found when everything is compared, with the writers stopped.",
    ),
    Field(
        "change_column",
        FieldKind.TEXT,
        "Change column",
        default="",
        max_length=63,
        help="With “change_column”: a column of every table that each insert and update raises, as updated_at.",
    ),
    Field(
        "write_stop",
        FieldKind.CHOICE,
        "How writers are stopped",
        default=LOCK,
        choices=(LOCK, REVOKE, CONFIRM),
        help="lock: their writes wait at a lock. revoke: the roles below may not write for so long. confirm: a person "
        "stops them and says so. In each case the source refuses writes once it is handed over.",
    ),
    Field(
        "write_roles",
        FieldKind.TEXT,
        "Roles that write",
        default="",
        max_length=1000,
        help="With “revoke”: the roles that the services connect as, with commas between them.",
    ),
    Field(
        "longest_write_stop_ms",
        FieldKind.INTEGER,
        "Longest write stop",
        default=5_000,
        minimum=100,
        maximum=600_000,
        unit="ms",
        help="When it would take longer, writes go on at the source and it is tried again half a minute later.",
    ),
    Field(
        GRACE,
        FieldKind.INTEGER,
        "After a rollback the target refuses writes for",
        default=60,
        minimum=0,
        maximum=86_400,
        unit="s",
        help="A service that has not heard of the way back would write rows that are lost. It lasts after the source "
        "takes writes again, and delays the end of the rollback alone.",
    ),
    Field(
        "lag_limit_ms",
        FieldKind.INTEGER,
        "Near enough for the stop",
        default=1_000,
        minimum=50,
        maximum=600_000,
        unit="ms",
        help="Writers are stopped only once the oldest change that waits is younger.",
    ),
    Field(
        "most_log_bytes",
        FieldKind.INTEGER,
        "Largest change log",
        default=2 * 1024**3,
        minimum=1024**2,
        maximum=2**44,
        unit="bytes",
        help="With more than that the run ends and is taken back: the log goes, and writes go on.",
    ),
)


def roles(parameters: Mapping[str, Any]) -> list[str]:
    return [name.strip() for name in str(parameters["write_roles"]).split(",") if name.strip()]
