"""What an author may set about a version upgrade, and the names of its roles."""

from collections.abc import Mapping
from typing import Any

from migrations_app.engine.parameters import Field, FieldKind
from migrations_app.handlers.config.parameters import PARAMETERS as OF_CONFIGURATION
from migrations_app.handlers.config.parameters import TARGET
from migrations_app.pools.strategy import AfterDeadline, Limits, Strategy

CONFIGURATION = TARGET  # the steps of a configuration migration are the same ones here
POOL = "pool"
PROJECT = "project"

ROLL = (
    Field(
        "surge",
        FieldKind.INTEGER,
        "Extra workers",
        default=1,
        minimum=0,
        maximum=100,
        help="Started beside the pool's own before any is stopped.",
    ),
    Field(
        "max_unavailable",
        FieldKind.INTEGER,
        "Workers that may be missing",
        default=0,
        minimum=0,
        maximum=100,
        help="The pool never serves with fewer than its size without these, as far as it depends on the upgrade.",
    ),
    Field(
        "drain_seconds",
        FieldKind.INTEGER,
        "Time for a worker's last requests",
        default=300,
        unit="s",
        minimum=1,
        maximum=86_400,
    ),
    Field(
        "after_deadline",
        FieldKind.CHOICE,
        "When it is still busy then",
        default=AfterDeadline.GIVE_UP.value,
        choices=tuple(AfterDeadline),
        help="give_up: the roll ends and is taken back. wait: as long as it takes. stop: the request fails.",
    ),
    Field(
        "healthy_answers",
        FieldKind.INTEGER,
        "Healthy answers in a row",
        default=3,
        minimum=1,
        maximum=100,
        help="So many before a new worker counts.",
    ),
    Field(
        "soak_seconds",
        FieldKind.INTEGER,
        "Time to prove itself",
        default=5,
        unit="s",
        minimum=0,
        maximum=3_600,
        help="A new worker has to be healthy for so long before the next wave.",
    ),
    Field(
        "start_seconds",
        FieldKind.INTEGER,
        "Time to start",
        default=120,
        unit="s",
        minimum=1,
        maximum=3_600,
        help="A new worker that is not healthy after so long stops the roll.",
    ),
)
PARAMETERS = (*(field for field in OF_CONFIGURATION if field.name != "restore"), *ROLL)


def strategy_of(parameters: Mapping[str, Any]) -> Strategy:
    """It never goes back by itself: the configuration has to be given back before the workers are."""
    return Strategy(
        surge=parameters["surge"],
        max_unavailable=parameters["max_unavailable"],
        after_deadline=AfterDeadline(parameters["after_deadline"]),
        healthy_answers=parameters["healthy_answers"],
        soak_seconds=float(parameters["soak_seconds"]),
        roll_back=False,
        limits=Limits(
            idle_seconds=float(parameters["drain_seconds"]),
            replacement_seconds=float(parameters["start_seconds"] + parameters["soak_seconds"]),
        ),
    )
