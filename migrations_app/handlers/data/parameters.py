"""What an author may set about a data migration, and the names of its roles."""

from migrations_app.engine.parameters import Field, FieldKind
from migrations_app.handlers.data.live.parameters import PARAMETERS as LIVE_PARAMETERS

SOURCE = "source"
TARGET = "target"
REFUSE = "refuse"
EMPTY = "empty"
STOP = "stop"
QUARANTINE = "quarantine"
UNUSED_OPTIONS = frozenset({"zero_downtime", "batch_size", "cleanup_source"})  # chunks have a size of their own

PARAMETERS = (
    Field(
        "tables",
        FieldKind.DOCUMENT,
        "Tables",
        help="Empty: every table, under its own name. Else a list of {source, target, key, columns, where}; only "
        "“source” is needed. docs/data-migrations.md says what may stand there.",
    ),
    Field(
        "create_missing",
        FieldKind.BOOLEAN,
        "Create missing tables",
        default=True,
        help="With columns, keys and defaults; indexes and foreign keys follow the copy. Triggers and views do not.",
    ),
    Field(
        "existing",
        FieldKind.CHOICE,
        "When a target table holds rows",
        default=REFUSE,
        choices=(REFUSE, EMPTY),
        help="refuse: it cannot be planned. empty: they are backed up and removed first.",
    ),
    Field(
        "on_reject",
        FieldKind.CHOICE,
        "When the target refuses a row",
        default=STOP,
        choices=(STOP, QUARANTINE),
        help="stop: the run ends there and is taken back. quarantine: the row is kept in an encrypted file, with its "
        "reason.",
    ),
    Field(
        "most_rejected",
        FieldKind.INTEGER,
        "Most refused rows",
        default=100,
        minimum=1,
        maximum=100_000,
        unit="rows",
        help="With “quarantine”: when there are more the run ends, and is taken back.",
    ),
    Field(
        "chunk_rows",
        FieldKind.INTEGER,
        "Rows a chunk",
        default=10_000,
        minimum=1,
        maximum=1_000_000,
        unit="rows",
        help="A chunk is one transaction of the target; what was committed is not copied again.",
    ),
    Field(
        "chunk_bytes",
        FieldKind.INTEGER,
        "Size of a chunk",
        default=8 * 1024 * 1024,
        minimum=64 * 1024,
        maximum=256 * 1024 * 1024,
        unit="bytes",
        help="About; a chunk ends at whichever limit comes first.",
    ),
    Field(
        "most_backup_bytes",
        FieldKind.INTEGER,
        "Largest backup",
        default=1024**3,
        minimum=0,
        maximum=2**40,
        unit="bytes",
        help="Of the rows that are removed from the target first. With more than that it cannot be planned; then back "
        "the database up yourself and switch “Back up first” off.",
    ),
    Field(
        "rehearsal_rows",
        FieldKind.INTEGER,
        "Rows a table in a rehearsal",
        default=10_000,
        minimum=1,
        maximum=10_000_000,
        unit="rows",
        help="The first rows by key of each table are really copied and compared.",
    ),
    *LIVE_PARAMETERS,
)
