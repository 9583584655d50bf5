"""What an author may set about an adapter migration, and the names of its roles."""

from migrations_app.engine.parameters import Field, FieldKind
from migrations_app.handlers.upgrade.parameters import POOL as POOL
from migrations_app.handlers.upgrade.parameters import PROJECT as PROJECT
from migrations_app.handlers.upgrade.parameters import ROLL

REFUSE, KEEP_CUSTOM = "refuse", "keep_custom"
REQUIRED, WHERE_POSSIBLE, OFF = "required", "where_possible", "off"
UNUSED_OPTIONS = frozenset({"batch_size", "parallel_workers", "cleanup_source"})

PARAMETERS = (
    Field(
        "adapter",
        FieldKind.TEXT,
        "Adapter",
        default="",
        max_length=300,
        help="Its dotted path, as --adapter takes it. Empty: the only one in the project that has tools.",
    ),
    Field(
        "place",
        FieldKind.TEXT,
        "Folder of the generic adapter",
        default="generic_adapter",
        max_length=100,
        help="A new folder from which the workers import, beside the adapter's own package.",
    ),
    Field(
        "configuration_path",
        FieldKind.TEXT,
        "Where the workers read its configuration",
        default="",
        max_length=1000,
        help="What SNAKEPIT_GENERIC_ADAPTER is to be. Empty: tools.json in that folder, by its whole path.",
        of_place=True,
    ),
    Field(
        "renames",
        FieldKind.DOCUMENT,
        "New names of tools",
        help='As {"old_name": "new_name"}. Calls are rewritten with it.',
    ),
    Field(
        "edits",
        FieldKind.DOCUMENT,
        "Entries by hand",
        help='As {"tool": {...}}: an entry of the generic configuration, or its JSON as a text, in place of the one '
        "that was found; null leaves the tool with the custom adapter.",
    ),
    Field(
        "manual_tools",
        FieldKind.CHOICE,
        "Tools that the generic adapter cannot serve",
        default=REFUSE,
        choices=(REFUSE, KEEP_CUSTOM),
        help="refuse: no plan while there are some. keep_custom: the custom adapter goes on serving them, beside the "
        "generic one.",
    ),
    Field(
        "equivalence",
        FieldKind.CHOICE,
        "Proof for each tool",
        default=REQUIRED,
        choices=(REQUIRED, WHERE_POSSIBLE, OFF),
        help="required: every served tool was compared, and no case told the two apart. where_possible: none differs. "
        "off: nothing is run.",
    ),
    Field("cases", FieldKind.INTEGER, "Cases for each tool", default=200, minimum=1, maximum=10_000, unit="cases"),
    Field("seed", FieldKind.INTEGER, "Seed of the generated cases", default=0, minimum=0, maximum=2**31),
    Field(
        "tolerance",
        FieldKind.TEXT,
        "Tolerance of numbers",
        default="",
        max_length=20,
        help="Relative, as 1e-6. Empty: 1e-9.",
    ),
    Field(
        "python",
        FieldKind.TEXT,
        "The project's Python",
        default="",
        max_length=1000,
        help="The whole path of the interpreter with the project's libraries. Empty: Snakeweb's own.",
        of_place=True,
    ),
    Field(
        "recorded",
        FieldKind.TEXT,
        "Recorded calls",
        default="",
        max_length=1000,
        help="A file of the project with a JSON object a line: tool, arguments, and at (when it was).",
        of_place=True,
    ),
    Field(
        "recorded_hours",
        FieldKind.INTEGER,
        "Age of recorded calls at the switch",
        default=24,
        minimum=1,
        maximum=24 * 365,
        unit="h",
        help="With zero downtime: older ones do not count.",
    ),
    Field(
        "recorded_least",
        FieldKind.INTEGER,
        "Recorded calls of each tool",
        default=20,
        minimum=1,
        maximum=1_000,
        help="With zero downtime: as many at least, compared just before the switch.",
    ),
    Field(
        "cleanup_old_adapter",
        FieldKind.BOOLEAN,
        "Remove the old adapter's file",
        default=False,
        help="As the last step, after a person confirmed it.",
    ),
    *ROLL,
)
