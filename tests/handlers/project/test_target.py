from pathlib import Path

import pytest

from migrations_app.engine.errors import ValidationFailed
from migrations_app.handlers.project.target import config_problems, directory_of


def test_a_whole_path_is_a_directory() -> None:
    assert directory_of({"path": "/srv/shop"}) == Path("/srv/shop")


@pytest.mark.parametrize(
    ("config", "codes"),
    [({}, ["required"]), ({"path": "shop"}, ["not_absolute"]), ({"path": "/shop", "pth": 1}, ["unknown_field"])],
)
def test_everything_wrong_is_said_at_once(config: dict[str, str], codes: list[str]) -> None:
    assert [problem.code for problem in config_problems(config)] == codes
    with pytest.raises(ValidationFailed):
        directory_of(config)
