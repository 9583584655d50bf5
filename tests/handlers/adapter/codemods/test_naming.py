"""Where a text names the adapter."""

import pytest

from migrations_app.handlers.adapter.codemods.naming import mentions_old, names_old
from tests.handlers.adapter.codemods.projects import SWITCH


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("--adapter pkg.adapter.MyAdapter", True),
        ("--adapter=pkg.adapter:MyAdapter,", True),
        ('"pkg.adapter.MyAdapter"', True),
        ("my.pkg.adapter.MyAdapter", False),
        ("pkg.adapter.MyAdapters", False),
        ("pkg_adapter.MyAdapter", False),
    ],
)
def test_it_is_named_by_its_whole_path(text: str, named: bool):
    assert bool(names_old(SWITCH).search(text)) is named
    assert mentions_old(text.encode(), SWITCH) or not named
