"""What an author may set about a session migration, and the names of its two roles."""

from migrations_app.engine.handler import Spec
from migrations_app.engine.parameters import Field, FieldKind

SOURCE = "source"
TARGET = "target"

STOP = "stop"
LEAVE = "leave"

PARAMETERS = (
    Field(
        "route",
        FieldKind.TEXT,
        "Route",
        default="",
        max_length=80,
        help="The route that your services follow. Empty: the name of the source target.",
    ),
    Field(
        "deadline_tolerance_ms",
        FieldKind.INTEGER,
        "Deadline tolerance",
        default=1000,
        minimum=0,
        maximum=60_000,
        unit="ms",
        help="Two deadlines that are at most this far apart count as equal.",
    ),
    Field(
        "catch_up_passes",
        FieldKind.INTEGER,
        "Catch-up passes",
        default=3,
        minimum=0,
        maximum=20,
        help="Passes over both stores after the copy, while writes go on. More passes make the write pause shorter.",
    ),
    Field(
        "settle_ms",
        FieldKind.INTEGER,
        "Time to settle",
        default=1000,
        minimum=0,
        maximum=30_000,
        unit="ms",
        help="How long to wait, after writes are asked to wait, until every client has heard of it.",
    ),
    Field(
        "write_pause_limit_ms",
        FieldKind.INTEGER,
        "Longest write pause",
        default=600_000,
        minimum=3_000,
        maximum=3_600_000,
        unit="ms",
        help="When the last pass and the verification take longer, the switch is given up and writes go on.",
    ),
    Field(
        "unreadable",
        FieldKind.CHOICE,
        "Records that cannot be read",
        default=STOP,
        choices=(STOP, LEAVE),
        help="Stop the run at a record that is not a session, or leave such records where they are and count them.",
    ),
)


def route_name(spec_parameters: object, source_name: str) -> str:
    """The route a migration moves: the parameter, or the source target's own name."""
    named = spec_parameters.get("route") if hasattr(spec_parameters, "get") else None
    return str(named or source_name)


def route_of(spec: Spec) -> str:
    return route_name(spec.parameters, spec.targets[SOURCE].name)
