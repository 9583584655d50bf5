from pathlib import Path

import pytest

from migrations_app.engine.parameters import Field, FieldKind
from migrations_app.files.named import named_path

FIELDS = (Field("path", FieldKind.TEXT, "File", required=True),)


@pytest.mark.parametrize(
    ("config", "path", "codes"),
    [
        ({"path": "/srv/shop"}, Path("/srv/shop"), []),
        ({"path": "shop"}, Path("shop"), ["not_absolute"]),
        ({"path": "/srv\0/shop"}, None, ["invalid"]),
        ({}, None, ["required"]),
        ({"path": "/srv", "pth": "/a"}, None, ["unknown_field"]),
    ],
)
def test_a_path_and_what_is_wrong_with_it(config, path, codes):
    found, problems = named_path(FIELDS, config)

    assert (found, [problem.code for problem in problems]) == (path, codes)
