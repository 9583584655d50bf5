"""Two specs are the same procedure when a run of one says something about the other."""

from dataclasses import replace
from typing import Any

import pytest

from migrations_app.engine.handler import Spec
from migrations_app.engine.options import OPTION_FIELDS, defaults
from migrations_app.engine.parameters import Field, FieldKind
from migrations_app.engine.plan import Target
from migrations_app.engine.procedure import GUARDS, procedure_digest
from migrations_app.engine.vocabulary import MigrationType, TargetKind
from tests.engine.toy import ToyHandler, World


class Placed(ToyHandler):
    parameters = (
        Field("place", FieldKind.TEXT, "Place", of_place=True),
        Field("speed", FieldKind.INTEGER, "Speed"),
        Field("key", FieldKind.SECRET, "Key"),
    )


class Newer(Placed):
    version = "2000"


HANDLER = Placed(World())


def place(number: int, **config: Any) -> Target:
    return Target(number, f"store-{number}", TargetKind.SESSION_STORE, "staging", {"store": "redis", **config})


SPEC = Spec(
    type=MigrationType.CUSTOM,
    handler=HANDLER.name,
    environment="staging",
    protected=False,
    targets={"source": place(1), "target": place(2)},
    parameters={"place": "here", "speed": 3, "key": "wax"},
    options=defaults(),
    description="One.",
)
BASE = procedure_digest(SPEC, HANDLER)


@pytest.mark.parametrize(
    "other",
    [
        replace(SPEC, environment="production", protected=True),
        replace(SPEC, targets={"source": place(7, host="b"), "target": place(8)}),
        replace(SPEC, parameters={"place": "there", "speed": 3, "key": "wax"}),
        replace(SPEC, parameters={"place": "here", "speed": 3, "key": "gold"}),
        replace(SPEC, description="Another."),
        *(replace(SPEC, options={**defaults(), name: "other"}) for name in sorted(GUARDS)),
    ],
)
def test_where_it_is_done_and_how_it_is_guarded_makes_no_difference(other: Spec) -> None:
    assert procedure_digest(other, HANDLER) == BASE


@pytest.mark.parametrize(
    "other",
    [
        replace(SPEC, parameters={"place": "here", "speed": 4, "key": "wax"}),
        replace(SPEC, targets={"source": place(1), "target": place(2, store="postgres")}),
        *(
            replace(SPEC, options={**defaults(), field.name: "other"})
            for field in OPTION_FIELDS
            if field.name not in GUARDS
        ),
    ],
)
def test_whatever_else_differs_is_another_procedure(other: Spec) -> None:
    assert procedure_digest(other, HANDLER) != BASE


def test_another_version_of_the_handler_is_another_procedure() -> None:
    assert procedure_digest(SPEC, Newer(World())) != BASE


def test_guards_are_options() -> None:
    assert {field.name for field in OPTION_FIELDS} >= GUARDS


def test_what_cannot_be_signed_is_no_procedure() -> None:
    assert procedure_digest(replace(SPEC, parameters={"speed": 2**60}), HANDLER) == ""
