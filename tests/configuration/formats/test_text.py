import pytest

from migrations_app.configuration.formats.text import MAX_BYTES, Text, unreadable
from tests.configuration.reading_of import codes, reading


def test_a_place_counts_lines_and_characters_from_one_and_bytes_from_zero():
    text = Text("c.exs", "é = 1\nzwölf: ü, x".encode())
    at = text.content.index(b"x")

    span = text.span(at, at + 1)

    assert (span.line, span.column, span.start) == (2, 11, at)
    assert text.span(0, 2).column == 1, "an earlier place after a later one"
    assert text.between(span.start, span.end) == "x"


def test_columns_of_a_long_line():
    text = Text("c.json", ("é" * 3000 + "x" + "\n" + "ü" * 600 + "y").encode())

    assert [text.span(at, at).column for at in (text.content.index(b"x"), text.content.index(b"y"), 2048)] == [
        3001,
        601,
        1025,
    ]


@pytest.mark.parametrize(
    ("content", "code", "line", "column"),
    [
        pytest.param(b"# \xc3\xa9\n" + b"x" * MAX_BYTES, "file-too-large", 1, 1, id="too large"),
        pytest.param(b"\xef\xbb\xbfimport Config", "byte-order-mark", 1, 1, id="byte order mark"),
        pytest.param("é\né".encode() + b"\xff", "not-utf-8", 2, 2, id="not UTF-8"),
        pytest.param(b"a\nb\0", "null-byte", 2, 2, id="null byte"),
    ],
)
def test_what_no_format_accepts_has_its_place(content, code, line, column):
    problem = unreadable("c.exs", content)

    assert (problem.code, problem.span.line, problem.span.column) == (code, line, column)
    assert "Nothing of it was read." in problem.message


def test_a_file_of_the_size_that_is_allowed_is_read():
    content = b"config :snakepit, pool_size: 2\n"

    assert codes(reading(content + b"#" * (MAX_BYTES - len(content)))) == []


def test_levels_beyond_what_is_read_are_refused_where_they_begin():
    deep = reading(f"import Config\nconfig :snakepit, a: {'[' * 5000}{']' * 5000}")

    assert codes(deep) == [("nested-too-deep", 2)]
    assert deep.settings == ()
    assert codes(reading(f"config :snakepit, a: {'[' * 100}{']' * 100}")) == []
