import pytest

from migrations_app.snakepit.versions import Version
from migrations_app.sources.changes import Change
from migrations_app.sources.findings import Weight
from migrations_app.sources.places import Place


def change(weight: Weight) -> Change[str]:
    return Change("louder", "0.7.0", weight, "It shouts.", "Whisper.", lambda source: iter([(Place(3, 0, 1), source)]))


@pytest.mark.parametrize(
    ("origin", "to", "message"),
    [
        ("0.6.11", "0.7.0", "From Snakepit 0.7.0 on: It shouts."),
        ("0.3.0", "0.13.0", "From Snakepit 0.7.0 on: It shouts."),
        ("0.7.0", "0.6.11", "Before Snakepit 0.7.0 this does not hold: It shouts."),
        ("0.7.0", "0.13.0", None),
        ("0.3.0", "0.6.11", None),
        ("0.7.0", "0.7.0", None),
    ],
)
def test_it_is_told_when_the_way_crosses_it(origin, to, message):
    found = list(change(Weight.BREAKS).findings("a.ex", "it", origin=Version(origin), to=Version(to)))

    assert [(one.message, one.line, one.subject, one.weight) for one in found] == (
        [(message, 3, "it", Weight.BREAKS)] if message else []
    )


def test_nothing_is_deprecated_downwards():
    assert not list(change(Weight.DEPRECATED).findings("a", "it", origin=Version("0.7.0"), to=Version("0.6.0")))
