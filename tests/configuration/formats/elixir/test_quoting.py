from migrations_app.configuration.edits import Verbatim
from tests.configuration.editing_of import edited, value


def moved(before: str, what: str, where: str) -> str:
    return edited(before, lambda editor, c: editor.replace(value(c, where), [Verbatim(value(c, what).span)]))


def test_moved_lines_take_the_indentation_of_their_new_place():
    before = "config :snakepit,\n  a: %{\n    # why\n    b: 1,\n\n    c: f(x)\n  }\n"

    assert moved(before, "a", "a") == (
        "config :snakepit,\n  a: [\n    %{\n      # why\n      b: 1,\n\n      c: f(x)\n    }\n  ]\n"
    )


def test_lines_within_quotes_stay_as_they_are():
    before = 'config :snakepit,\n  a: %{\n    b: "x\n  y",\n    c: """\n    z\n    """\n  }\n'

    assert moved(before, "a", "a") == (
        'config :snakepit,\n  a: [\n    %{\n      b: "x\n  y",\n      c: """\n    z\n    """\n    }\n  ]\n'
    )


def test_a_bare_keyword_list_gets_its_brackets():
    assert moved("config :snakepit, :a, b: 1, c: 2\n", "a", "a") == "config :snakepit, :a, [[b: 1, c: 2]]\n"


def test_windows_line_ends_stay():
    before = "config :snakepit,\r\n  a: %{\r\n    b: 1\r\n  }\r\n"

    assert moved(before, "a", "a") == "config :snakepit,\r\n  a: [\r\n    %{\r\n      b: 1\r\n    }\r\n  ]\r\n"
