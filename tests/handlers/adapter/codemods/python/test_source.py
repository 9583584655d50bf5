"""What stands where in a Python file, whatever its encoding."""

import libcst as cst
import pytest

from migrations_app.handlers.adapter.codemods.python.source import NotReadable, read


def test_spans_are_of_the_file_in_utf_8_and_edits_come_back_in_its_encoding():
    source = read("a.py", "# -*- coding: latin-1 -*-\nx = 'é'; y = z\n".encode("latin-1"))
    (name,) = [one for one in source.parents if isinstance(one, cst.Name) and one.value == "z"]

    assert source.of(name) == "z"
    assert str(source.lines(name)) == "a.py:2"
    after = source.edited({source.edit(*source.span(name), "'ü'")})
    assert after == "# -*- coding: latin-1 -*-\nx = 'é'; y = 'ü'\n".encode("latin-1")


@pytest.mark.parametrize("content", [b"x ==\n", b"x = 1\ry = 2\r", b"\xff\xfe", b"# coding: nothing\n"])
def test_what_would_not_come_back_byte_for_byte_is_not_read(content: bytes):
    with pytest.raises(NotReadable):
        read("a.py", content)


@pytest.mark.parametrize(
    "code",
    [
        "(" * 5000 + "1" + ")" * 5000,
        "-" * 5000 + "1",
        "a and " * 20_000 + "1",
        "-" * 400 + "1",
        "[" + "1," * 150_000 + "]",
    ],
)
def test_what_would_end_the_process_or_never_end_is_not_read(code: str):
    with pytest.raises(NotReadable):
        read("a.py", f"x = {code}\n".encode())
