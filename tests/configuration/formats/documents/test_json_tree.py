import pytest

from migrations_app.configuration.plain import plain
from migrations_app.configuration.values import Atom, Form, Module
from tests.configuration.reading_of import codes, reading, said

WRITTEN = '{"snakepit": {"é": [1, -2.5e3, ":x", "a\\n\\u00e9", null, true], "PATH": {"a?": "Elixir.A.B"}, "t": []}}'


def test_values_with_their_bytes():
    configuration = reading(WRITTEN, name="a.json")
    content = WRITTEN.encode()

    assert said(configuration) == [
        ("é", [1, -2500.0, Atom("x"), "a\né", None, True]),
        ("PATH", {Atom("a?"): Module("A.B")}),
        ("t", []),
    ]
    first, second, _ = configuration.settings
    assert content[first.key_span.start : first.key_span.end] == '"é"'.encode()
    assert content[second.span.start : second.span.end] == b'"PATH": {"a?": "Elixir.A.B"}'
    assert second.value.form is Form.MAP
    assert plain(second.value.entries[0].key) == Atom("a?")


@pytest.mark.parametrize(
    ("written", "code", "line"),
    [
        ('{"a": 1', "syntax", 1),
        ('{"a":\n 1,}', "syntax", 2),
        ('{"a": nope}', "syntax", 1),
        ('{"a": 01}', "syntax", 1),
        ("[1]", "not-a-mapping", 1),
        ("", "not-a-mapping", 1),
        ('{"a": 1} {"b": 2}', "not-a-mapping", 1),
        ("{" + '"a": {' * 400 + "}" * 401, "nested-too-deep", 1),
    ],
)
def test_what_is_not_json_gives_nothing(written, code, line):
    configuration = reading(written, name="a.json")

    assert codes(configuration)[0] == (code, line)
    assert configuration.settings == ()
