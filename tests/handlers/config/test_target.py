from pathlib import Path

import pytest

from migrations_app.engine.errors import ValidationFailed
from migrations_app.handlers.config.target import config_problems, place_of


def test_a_whole_path_with_a_known_ending_is_a_place() -> None:
    place = place_of({"path": "/srv/shop/config/config.exs"})

    assert place.first == "config.exs"
    assert place.file("deep/prod.exs") == Path("/srv/shop/config/deep/prod.exs")


@pytest.mark.parametrize(
    ("config", "codes"),
    [
        ({}, ["required"]),
        ({"path": "config/config.exs"}, ["not_absolute"]),
        ({"path": "/srv/shop/config.ini"}, ["format_unknown"]),
        ({"path": "config.ini"}, ["not_absolute", "format_unknown"]),
        ({"path": "/a.exs", "pth": "/b.exs"}, ["unknown_field"]),
    ],
)
def test_everything_wrong_is_said_at_once(config: dict[str, str], codes: list[str]) -> None:
    assert [problem.code for problem in config_problems(config)] == codes
    with pytest.raises(ValidationFailed):
        place_of(config)
