"""What an author may set about a configuration migration, and the name of its role."""

from migrations_app.engine.parameters import Field, FieldKind

TARGET = "target"
STOP = "stop"
KEEP = "keep"
UNUSED_OPTIONS = frozenset({"zero_downtime", "batch_size", "parallel_workers", "cleanup_source"})  # files go at once

PARAMETERS = (
    Field(
        "to_version",
        FieldKind.TEXT,
        "Snakepit version to go to",
        default="",
        max_length=20,
        help="As 0.13.0, or 0.13 for the newest of its line. Older ones too, where the rules lead back.",
    ),
    Field(
        "from_version",
        FieldKind.TEXT,
        "Version that it is written for",
        default="",
        max_length=20,
        help="Empty: found from what the files say. Give it where that fits several versions.",
    ),
    Field(
        "local_edits",
        FieldKind.CHOICE,
        "Edits made after planning",
        default=STOP,
        choices=(STOP, KEEP),
        help="stop: the exact bytes are signed, and any edit asks for a new plan. keep: the changes are signed, line "
        "by line; an edit elsewhere in the files is kept, one that touches them asks for a new plan.",
    ),
    Field(
        "restore",
        FieldKind.TEXT,
        "Snapshot to restore",
        default="",
        max_length=64,
        help="The fingerprint of a version from the configuration's history, instead of a Snakepit version.",
        of_place=True,
    ),
)
