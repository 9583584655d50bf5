import pytest

from migrations_app.configuration.formats.names import key_named
from migrations_app.configuration.values import Atom


@pytest.mark.parametrize("name", ["pool_size", "enable_otlp?", "run!", "_x", "a1B"])
def test_a_word_is_an_atom(name):
    assert key_named(name) == Atom(name)


@pytest.mark.parametrize("name", ["PYTHONPATH", "a-b", "1a", "", "a\n", "a b", "a?b"])
def test_anything_else_is_text(name):
    assert key_named(name) == name
