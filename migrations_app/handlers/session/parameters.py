"""What an author may set about a session migration, and the names of its two roles."""

from migrations_app.engine.handler import Spec
from migrations_app.engine.parameters import Field, FieldKind

SOURCE = "source"
TARGET = "target"

AUTOMATIC = "automatic"
RELEASED = "released"
NEWEST = "newest"
AUTHORITY = "authority"
GATEWAY = "gateway"
STOP = "stop"
LEAVE = "leave"

STANDARD_PARAMETERS = (
    Field(
        "route",
        FieldKind.TEXT,
        "Route",
        default="",
        max_length=80,
        help="The route that your services follow. Empty: the name of the source target.",
        of_place=True,
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

ZERO_DOWNTIME_PARAMETERS = (
    Field(
        "hand_over",
        FieldKind.CHOICE,
        "Hand-over",
        default=AUTOMATIC,
        choices=(AUTOMATIC, RELEASED),
        help="Zero downtime: hand over as soon as every gate is open, or wait until a person releases it.",
    ),
    Field(
        "canary_soak_ms",
        FieldKind.INTEGER,
        "Soak between waves",
        default=10_000,
        minimum=0,
        maximum=86_400_000,
        unit="ms",
        help="Zero downtime: one bucket of 256 is handed over first, then a tenth, then all; this long in between.",
    ),
    Field(
        "soak_ms",
        FieldKind.INTEGER,
        "Soak before completing",
        default=60_000,
        minimum=0,
        maximum=7 * 86_400_000,
        unit="ms",
        help="Zero downtime: how long the new store serves before completing is asked for; the old one is kept level.",
    ),
    Field(
        "pause_target_ms",
        FieldKind.INTEGER,
        "Aimed-at write pause",
        default=250,
        minimum=20,
        maximum=5_000,
        unit="ms",
        help="Zero downtime: the relay must be four times quicker than this before a bucket is handed over.",
    ),
    Field(
        "pause_limit_ms",
        FieldKind.INTEGER,
        "Longest write pause of a bucket",
        default=2_000,
        minimum=200,
        maximum=30_000,
        unit="ms",
        help="Zero downtime: a hand-over that takes longer is given up, and writes go on where they were.",
    ),
    Field(
        "legacy_watch_ms",
        FieldKind.INTEGER,
        "Watch for other writers",
        default=3_000,
        minimum=0,
        maximum=3_600_000,
        unit="ms",
        help="Zero downtime: how long nobody may have written without the router before a second store comes in.",
    ),
    Field(
        "after_regression",
        FieldKind.CHOICE,
        "When the serving store forgot writes",
        default=NEWEST,
        choices=(NEWEST, AUTHORITY),
        help="Zero downtime: a server that fails over may lose acknowledged writes which the other store still has: "
        "bring the newest back, or go by what the serving store holds.",
    ),
)
NODE_PARAMETERS = (
    Field(
        "forward_by",
        FieldKind.CHOICE,
        "Way of a node's forwarder",
        default=AUTOMATIC,
        choices=(AUTOMATIC, GATEWAY),
        help="A live node: automatic lets it speak to a Redis store of Erlang terms itself, to others by its gateway.",
    ),
)
PARAMETERS = (*STANDARD_PARAMETERS, *ZERO_DOWNTIME_PARAMETERS, *NODE_PARAMETERS)


def route_name(spec_parameters: object, source_name: str) -> str:
    """The route a migration moves: the parameter, or the source target's own name."""
    named = spec_parameters.get("route") if hasattr(spec_parameters, "get") else None
    return str(named or source_name)


def route_of(spec: Spec) -> str:
    return route_name(spec.parameters, spec.targets[SOURCE].name)
