import pytest

from migrations_app.configuration.values import Atom, Module
from tests.configuration.reading_of import codes, reading, said

WRITTEN = """# of all
[snakepit]
pool_size = 0x10 # of it
"odd key" = ':x'
m = { p = 1.5, q = ["a",
  "Elixir.A.B", # of it
] }
x.y = 2
x.z = true
date = 1979-05-27

[snakepit.heartbeat]
enabled = true

[[snakepit.pools]]
name = ":fast"

[snakepit.pools.heartbeat]
text = \"\"\"
a\"\"\"

[[snakepit.pools]]
name = "::y"
"""


def test_values_of_headers_arrays_and_dotted_keys():
    configuration = reading(WRITTEN, name="a.toml")

    assert configuration.problems == ()
    assert said(configuration) == [
        ("pool_size", 16),
        ("odd key", Atom("x")),
        ("m", {Atom("p"): 1.5, Atom("q"): ["a", Module("A.B")]}),
        ("x", {Atom("y"): 2, Atom("z"): True}),
        ("date", "1979-05-27"),
        ("heartbeat", {Atom("enabled"): True}),
        ("pools", [{Atom("name"): Atom("fast"), Atom("heartbeat"): {Atom("text"): "a"}}, {Atom("name"): ":y"}]),
    ]
    assert [setting.span.line for setting in configuration.settings] == [3, 4, 5, 8, 10, 12, 15]


@pytest.mark.parametrize(
    ("written", "code", "line"),
    [
        ("a = [1\n", "syntax", 1),
        ("a = 1\na = 2\n", "syntax", 2),
        ("[a]\nb = 1\n[a]\n", "syntax", 3),
        ("é = 1\n", "syntax", 1),
        ("a = nope\n", "syntax", 1),
        (f"a = {'[' * 400}{']' * 400}", "nested-too-deep", 1),
    ],
)
def test_what_is_not_toml_gives_nothing(written, code, line):
    configuration = reading(written, name="a.toml")

    assert codes(configuration)[0] == (code, line)
    assert configuration.settings == ()


def test_an_empty_document_has_no_keys():
    assert said(reading("", name="a.toml")) == []
