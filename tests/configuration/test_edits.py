import pytest

from migrations_app.configuration.document import ConfigFile, Configuration, FileFormat
from migrations_app.configuration.edits import Edit, EditsOverlap, apply


def configuration(**files: bytes) -> Configuration:
    return Configuration({path: ConfigFile(path, FileFormat.ELIXIR, content) for path, content in files.items()}, ())


def test_bytes_outside_of_the_edits_stay():
    before = configuration(a="é = 1 # one\nb = 2\n".encode(), b=b"c = 3\n")

    after = apply(before, [Edit("a", 17, 18, b"20"), Edit("a", 5, 6, b""), Edit("a", 0, 0, b"x\n")])

    assert after == {"a": "x\né =  # one\nb = 20\n".encode(), "b": b"c = 3\n"}


def test_the_same_edit_twice_is_one():
    assert apply(configuration(a=b"1"), [Edit("a", 0, 1, b"2"), Edit("a", 0, 1, b"2")]) == {"a": b"2"}


def test_two_that_want_the_same_bytes_are_refused():
    with pytest.raises(EditsOverlap, match="a: bytes 1 to 3"):
        apply(configuration(a=b"1234"), [Edit("a", 0, 2, b""), Edit("a", 1, 3, b"")])
