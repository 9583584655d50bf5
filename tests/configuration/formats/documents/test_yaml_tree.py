import pytest

from migrations_app.configuration.problems import Severity
from migrations_app.configuration.values import Atom, Module
from tests.configuration.reading_of import codes, reading, said

WRITTEN = """# of all
snakepit:
  pool_size: 0x10 # of it
  "odd key": ':x'
  pools:
    - name: :fast
      args: [--adapter, "x\\ty", {p: 1.5}]
    # of the second
    - name: "::y"
  module: Elixir.A.B
  old: no
  time: 12:30
  date: 2001-01-01
  none: ~
  nothing:
  text: |
    two
    lines
  joined: two
    words
"""


def test_values_as_yaml_1_2_has_them():
    configuration = reading(WRITTEN, name="a.yaml")

    assert configuration.problems == ()
    assert said(configuration) == [
        ("pool_size", 16),
        ("odd key", Atom("x")),
        (
            "pools",
            [{Atom("name"): Atom("fast"), Atom("args"): ["--adapter", "x\ty", {Atom("p"): 1.5}]}, {Atom("name"): ":y"}],
        ),
        ("module", Module("A.B")),
        ("old", "no"),
        ("time", "12:30"),
        ("date", "2001-01-01"),
        ("none", None),
        ("nothing", None),
        ("text", "two\nlines\n"),
        ("joined", "two words"),
    ]


def test_every_value_ends_before_the_comments_after_it():
    configuration = reading(WRITTEN, name="a.yaml")
    content = WRITTEN.encode()

    first = configuration.of("pools")[0].value.items[0]
    assert content[first.span.start : first.span.end].endswith(b"{p: 1.5}]")


def test_an_alias_is_read_as_what_it_stands_for_and_said():
    configuration = reading("snakepit:\n  a: &one {x: [1]}\n  b: *one\n", name="a.yaml")

    assert said(configuration) == [("a", {Atom("x"): [1]}), ("b", {Atom("x"): [1]})]
    assert [(p.code, p.severity, p.span.line) for p in configuration.problems] == [("yaml-alias", Severity.NOTICE, 3)]


def test_merged_keys_are_said_and_not_read():
    configuration = reading("x: &x {a: 1}\nsnakepit:\n  <<: *x\n  b: 2\n", name="a.yaml")

    assert said(configuration) == [("b", 2)]
    assert codes(configuration) == [("yaml-merge", 3)]


@pytest.mark.parametrize(
    ("written", "code", "line"),
    [
        ("a: [1\n", "syntax", 1),
        ("a: 1\n b: 2\n  c: 3\n", "syntax", 1),
        ('a: "x\\q"\n', "syntax", 1),
        ("b: 1\na: !!python/object:os.system x\n", "yaml-tag", 2),
        ("a: *none\n", "yaml-alias", 1),
        ("a: &x [*x]\n", "yaml-alias", 1),
        ("a: 1\n---\nb: 2\n", "several-documents", 2),
        ("? a\n: 1\n", "yaml-key", 1),
        ("[a, b]: 1\n", "yaml-key", 1),
        ("- 1\n", "not-a-mapping", 1),
        ("[" * 400 + "]" * 400, "nested-too-deep", 1),
    ],
)
def test_what_cannot_be_read_gives_nothing(written, code, line):
    configuration = reading(written, name="a.yaml")

    assert codes(configuration)[0][0] == code
    assert code == "syntax" or codes(configuration)[0][1] == line
    assert configuration.settings == ()


def test_an_empty_document_has_no_keys():
    assert said(reading("# nothing\n", name="a.yaml")) == []
