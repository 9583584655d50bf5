import pytest

from migrations_app.configuration.editors import editor_of
from migrations_app.configuration.formats.elixir.editing import ElixirEditor
from tests.configuration.reading_of import reading


def test_each_format_has_its_editor():
    assert isinstance(editor_of(reading("config :snakepit, a: 1"), "config.exs"), ElixirEditor)


def test_a_file_that_is_not_read_has_none():
    with pytest.raises(KeyError):
        editor_of(reading(""), "other.exs")
