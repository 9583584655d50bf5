import pytest

from migrations_app.configuration.editors import editor_of
from migrations_app.configuration.edits import NotEditable, Verbatim
from migrations_app.configuration.values import Atom
from tests.configuration.editing_of import edited, inserting, place, removing, renaming, replacing, value
from tests.configuration.reading_of import reading

LINES = "config :snakepit,\n  a: 1,\n  b: 2, # of b\n  # of c\n  c: 3\n"


@pytest.mark.parametrize(
    ("before", "path", "after"),
    [
        pytest.param(LINES, "a", "config :snakepit,\n  b: 2, # of b\n  # of c\n  c: 3\n", id="first line"),
        pytest.param(LINES, "b", "config :snakepit,\n  a: 1,\n  # of c\n  c: 3\n", id="with the comment on its line"),
        pytest.param(LINES, "c", "config :snakepit,\n  a: 1,\n  b: 2 # of b\n", id="last, with the comment above"),
        pytest.param(LINES.rstrip(), "c", "config :snakepit,\n  a: 1,\n  b: 2 # of b", id="no line end"),
        pytest.param("config :snakepit, a: 1, b: 2\n", "a", "config :snakepit, b: 2\n", id="first of a line"),
        pytest.param("config :snakepit, a: 1, b: 2 # x\n", "b", "config :snakepit, a: 1 # x\n", id="last of a line"),
        pytest.param("config :snakepit, a: 1,\n  b: 2\n", "a", "config :snakepit,\n  b: 2\n", id="first, then a line"),
        pytest.param("config(:snakepit, a: 1, b: 2)\n", "b", "config(:snakepit, a: 1)\n", id="parentheses"),
        pytest.param("x\n# of it\nconfig :snakepit, a: 1 # too\n\ny\n", "a", "x\n\ny\n", id="the last of a call"),
        pytest.param("x\n\nconfig :snakepit, a: 1\n\ny\n", "a", "x\n\ny\n", id="one blank line is left"),
        pytest.param("x\n\nconfig :snakepit, [a: 1]", "a", "x", id="the last of a file"),
        pytest.param("config :snakepit, :a, b: 1\nx\n", "a", "x\n", id="sub-key"),
        pytest.param("Application.put_env(:snakepit, :a, %{\n})\nx\n", "a", "x\n", id="put_env"),
        pytest.param("if x do\n  config :snakepit, a: 1\nend\n", "a", "if x do\nend\n", id="the last of a branch"),
        pytest.param("if x, do: config(:snakepit, a: 1)\n", "a", "if x, do: nil\n", id="a branch without a block"),
        pytest.param(
            "case x do\n  1 -> config :snakepit, a: 1\n  _ -> y\nend\n",
            "a",
            "case x do\n  1 -> nil\n  _ -> y\nend\n",
            id="a clause",
        ),
        pytest.param("config :snakepit, :a, b: 1\n", "a.b", "config :snakepit, :a, []\n", id="the last bare entry"),
        pytest.param("config :snakepit, a: [b: 1]\n", "a.b", "config :snakepit, a: []\n", id="the last entry"),
        pytest.param("config :snakepit, a: [b: 1,]\n", "a.b", "config :snakepit, a: []\n", id="with its comma"),
        pytest.param(
            'config :snakepit, a: %{"x" => 1, b: 2}\n', "a.b", 'config :snakepit, a: %{"x" => 1}\n', id="arrows"
        ),
        pytest.param(
            'config :snakepit, a: %{"x" => 1, b: 2}\n', "a.x", "config :snakepit, a: %{b: 2}\n", id="an arrow"
        ),
        pytest.param("config :snakepit, a: [{:b, 1}, c: 2]\n", "a.b", "config :snakepit, a: [c: 2]\n", id="a tuple"),
        pytest.param(
            "config :snakepit, a: %{\n    b: 1, # of b\n    c: 2}\n",
            "a.c",
            "config :snakepit, a: %{\n    b: 1 # of b\n    }\n",
            id="before a bracket, after a comment",
        ),
        pytest.param(
            "config :snakepit,\r\n  a: 1,\r\n  b: 2\r\n", "b", "config :snakepit,\r\n  a: 1\r\n", id="Windows line ends"
        ),
        pytest.param(
            "config :snakepit,\n  # of a section\n\n  # of a\n  a: 1,\n  b: 2\n",
            "a",
            "config :snakepit,\n  # of a section\n\n  b: 2\n",
            id="a comment further up stays",
        ),
    ],
)
def test_remove(before, path, after):
    assert edited(before, removing(path)) == after


@pytest.mark.parametrize(
    ("before", "path", "name", "after"),
    [
        ("config :snakepit, a: 1", "a", "b?", "config :snakepit, b?: 1"),
        ("config :snakepit, a: 1", "a", "b c", 'config :snakepit, "b c": 1'),
        ('config :snakepit, "a b": 1', "a b", "c", "config :snakepit, c: 1"),
        ("config :snakepit, :a, 1", "a", "b?", "config :snakepit, :b?, 1"),
        ("Application.put_env(:snakepit, :a, 1)", "a", "b", "Application.put_env(:snakepit, :b, 1)"),
        ('config :snakepit, a: %{"x" => 1}', "a.x", "y", 'config :snakepit, a: %{"y" => 1}'),
        ("config :snakepit, a: %{:x => 1}", "a.x", "y", "config :snakepit, a: %{:y => 1}"),
        ("config :snakepit, a: [{:x, 1}]", "a.x", "y", "config :snakepit, a: [{:y, 1}]"),
    ],
)
def test_rename(before, path, name, after):
    assert edited(before, renaming(path, name)) == after


@pytest.mark.parametrize(
    ("before", "path", "new", "after"),
    [
        ("config :snakepit, a: f() # x\n", "a", 300000, "config :snakepit, a: 300_000 # x\n"),
        ("config :snakepit, a: [1, 2]\n", "a.1", "x", 'config :snakepit, a: [1, "x"]\n'),
        ("config :snakepit, :a, b: 1,\n  c: 2\n", "a", {"b": 1}, "config :snakepit, :a, %{b: 1}\n"),
        ("config :snakepit, a: ~w(x y)\n", "a", ["z"], 'config :snakepit, a: ["z"]\n'),
        ("config :snakepit, a: ~s(x)\n", "a", "z", 'config :snakepit, a: "z"\n'),
        ("config :snakepit, a: 'x'\n", "a", "z", 'config :snakepit, a: "z"\n'),
    ],
)
def test_replace(before, path, new, after):
    assert edited(before, replacing(path, new)) == after


def test_a_value_that_does_not_fit_gets_lines_of_its_own():
    names = ["alpha" * 5, "beta" * 5, "gamma" * 5, "delta" * 5]

    after = edited("config :snakepit,\r\n  a: 1\r\n", replacing("a", names))

    assert after.startswith(f'config :snakepit,\r\n  a: [\r\n    "{names[0]}",\r\n')
    assert after.endswith(f'    "{names[3]}"\r\n  ]\r\n')


@pytest.mark.parametrize(
    ("before", "path", "after"),
    [
        ("config :snakepit, a: 1\n", "a", "config :snakepit, a: 1, new: :x\n"),
        ("config :snakepit, a: 1 # a\n", "a", "config :snakepit, a: 1, new: :x # a\n"),
        ("config(:snakepit, a: 1, b: 2)\n", "a", "config(:snakepit, a: 1, new: :x, b: 2)\n"),
        (LINES, "a", LINES.replace("1,\n", "1,\n  new: :x,\n")),
        (LINES, "b", LINES.replace("b\n", "b\n  new: :x,\n", 1)),
        (LINES, "c", LINES.replace("3\n", "3,\n  new: :x\n")),
        (LINES.rstrip(), "c", f"{LINES.rstrip()},\n  new: :x"),
        (LINES.replace("3", "3 # c"), "c", LINES.replace("3\n", "3, # c\n  new: :x\n")),
        (
            "config :snakepit, a: 1,\n       b: 2\n",
            "a",
            "config :snakepit, a: 1,\n       new: :x,\n       b: 2\n",
        ),
        (
            "config :snakepit, :a, 1 # a\n",
            "a",
            "config :snakepit, :a, 1 # a\nconfig :snakepit, :new, :x\n",
        ),
        (
            "if x do\n  Application.put_env(:snakepit, :a, 1, persistent: true)\nend\n",
            "a",
            "if x do\n  Application.put_env(:snakepit, :a, 1, persistent: true)\n"
            "  Application.put_env(:snakepit, :new, :x, persistent: true)\nend\n",
        ),
        ("config :snakepit, a: %{}\n", "a.", "config :snakepit, a: %{new: :x}\n"),
        (
            "config :snakepit, a: %{\n  # none\n}\n",
            "a.",
            "config :snakepit, a: %{\n  # none\n  new: :x\n}\n",
        ),
        ("config :snakepit, a: [b: 1]\n", "a.", "config :snakepit, a: [b: 1, new: :x]\n"),
        ("config :snakepit, :a, b: 1\n", "a.", "config :snakepit, :a, b: 1, new: :x\n"),
        ('config :snakepit, a: %{"b" => 1}\n', "a.", 'config :snakepit, a: %{"b" => 1, "new" => :x}\n'),
        (
            "config :snakepit, a: %{:b => 1}\n",
            "a.",
            "config :snakepit, a: %{:b => 1, :new => :x}\n",
        ),
        ("config :snakepit, a: [{:b, 1}]\n", "a.", "config :snakepit, a: [{:b, 1}, {:new, :x}]\n"),
        (
            "config :snakepit, a: [\n    b: 1,\n  ]\n",
            "a.",
            "config :snakepit, a: [\n    b: 1,\n    new: :x,\n  ]\n",
        ),
        (
            "config :snakepit,\r\n  a: 1,\r\n  b: 2\r\n",
            "b",
            "config :snakepit,\r\n  a: 1,\r\n  b: 2,\r\n  new: :x\r\n",
        ),
    ],
)
def test_insert(before, path, after):
    assert edited(before, inserting(path, "new", Atom("x"))) == after


def test_a_call_after_try_has_room_beside_it():
    before = "try do\n  f()\nafter\n  Application.put_env(:snakepit, :a, 1)\nend\n"
    call = "  Application.put_env(:snakepit, :a, 1)\n"

    assert edited(before, removing("a")) == before.replace(call, "")
    assert edited(before, inserting("a", "b", 1)) == before.replace(call, call + call.replace(":a", ":b"))


def test_insert_with_a_comment():
    assert edited("config :snakepit, a: 1\n", inserting("a", "b", 2, "Two\nof them")) == (
        "config :snakepit, a: 1,\n  # Two\n  # of them\n  b: 2\n"
    )
    assert edited("config :snakepit, :a, 1", inserting("a", "b", 2, "Why")) == (
        "config :snakepit, :a, 1\n# Why\nconfig :snakepit, :b, 2"
    )


def test_a_line_that_would_be_too_long_is_broken():
    start = f"config :snakepit, a: {'1' * 70}"

    assert edited(f"{start}\n", inserting("a", "other", 2)) == f"{start},\n  other: 2\n"


def test_rename_and_replace_go_together():
    before = "config :snakepit,\n  grpc_port: port(),\n  grpc_host: host\n"

    def change(editor, configuration):
        new = {"mode": Atom("external"), "port": Verbatim(value(configuration, "grpc_port").span)}
        port = place(configuration, "grpc_port")
        return editor.rename(port, "grpc_listener") + editor.replace(port.value, new) + editor.insert(port, "other", 1)

    assert edited(before, change) == (
        "config :snakepit,\n  grpc_listener: %{mode: :external, port: port()},\n  other: 1,\n  grpc_host: host\n"
    )


@pytest.mark.parametrize(
    ("before", "change"),
    [
        ("config :snakepit, a: ~w(x y)", replacing("a.0", "z")),
        ("config :snakepit, a: 'xy'", replacing("a.0", 1)),
        ("config :snakepit, a: 1; x()", removing("a")),
        ("f(Application.put_env(:snakepit, :a, 1))", removing("a")),
        ("if x, do: config(:snakepit, :a, 1)", inserting("a", "b", 2)),
    ],
)
def test_what_cannot_be_done_without_more_is_refused(before, change):
    configuration = reading(before)

    with pytest.raises(NotEditable, match=r"config\.exs, line 1: this .* Nothing was changed"):
        change(editor_of(configuration, "config.exs"), configuration)
