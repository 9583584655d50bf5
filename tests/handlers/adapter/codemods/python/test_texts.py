"""Texts that name the adapter."""

import pytest

from migrations_app.handlers.adapter.codemods.python.source import read
from migrations_app.handlers.adapter.codemods.python.texts import texts
from tests.handlers.adapter.codemods.projects import SWITCH


@pytest.mark.parametrize(
    ("code", "codes", "patches"),
    [
        ("run('--adapter=pkg.adapter.MyAdapter')", ["in_text"], False),
        ("x = 'pkg.adapter' '.MyAdapter'", ["in_text"], False),
        ("x = 'pkg.adapter:MyAdapter'", ["in_text"], False),
        ("x = f'{a} pkg.adapter.MyAdapter'", ["in_text"], False),
        ("x = b'pkg.adapter.MyAdapter'", ["in_text"], False),
        ("patch('pkg.adapter.MyAdapter.spread')", ["in_text"], True),
        ("monkeypatch.setattr('pkg.adapter.MyAdapter.spread', 1)", ["in_text"], True),
        ("monkeypatch.setattr(module, 'MyAdapter', 1)", ["getattr"], True),
        ("import_module('pkg.adapter')", ["getattr"], False),
        ("x = 'pkg.adapter'", [], False),
        ("x = 'my.pkg.adapter.MyAdapter'", [], False),
        ("x = 'pkg.adapter.MyAdapterTwo'", [], False),
        ("'pkg.adapter.MyAdapter'", [], False),
    ],
)
def test_a_text_that_chooses_the_adapter_is_found(code: str, codes: list[str], patches: bool):
    found = texts(read("a.py", code.encode()), SWITCH)

    assert [one.code for one in found.refused] == codes
    assert found.patches is patches
