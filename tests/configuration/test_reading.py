import pytest

from migrations_app.configuration.reading import UnknownFormat
from tests.configuration.reading_of import reading, said


def test_the_ending_says_the_format():
    assert said(reading("config :snakepit, pool_size: 2", name="lib/start.ex")) == [("pool_size", 2)]


def test_another_ending_is_refused_with_those_that_are_read():
    with pytest.raises(UnknownFormat, match=r"config\.ini is not read: name it \.exs"):
        reading("", name="config.ini")
