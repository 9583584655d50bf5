import pytest

from tests.configuration.reading_of import reading


@pytest.mark.parametrize(
    ("written", "line", "column", "expected"),
    [
        ("config :snakepit, a: %{x: 1\n", 1, 23, "`{` is never closed: expected `}`."),
        ("config :snakepit, a: [1, 2}\n", 1, 27, "Expected `]`, because `[` of line 1 is still open, and found `}`."),
        ("if x do\n config :snakepit, a: 1\n", 1, 6, "`do` is never closed: expected `end`."),
        ("config :snakepit, a: 1\nend\n", 2, 1, "`end` cannot stand here"),
        ('config :snakepit, a: "x\n', 1, 22, 'The text that begins here is never closed: expected ".'),
        ('config :snakepit, a: """\nx\n', 1, 22, 'The text that begins here is never closed: expected """.'),
        ("config :snakepit, a:\n", 2, 1, "Expected a value here."),
        ("config :snakepit,\n  a: 1\n  b: 2\n", 3, 3, "Expected a comma before `b:`."),
        ("config :snakepit, a: [b: 1 c: 2]\n", 1, 28, "Expected a comma or the end of the line before `c: 2`."),
        ("config :snakepit, a:1\n", 1, 19, "Expected a space after `a:`."),
        ("config :snakepit,\n  a: 1,\n\nconfig :b, c: 1\n", 2, 3, "Expected another `key: value` after this comma"),
        ("config :snakepit, a: %{:x 1}\n", 1, 27, "and found `1`."),
    ],
)
def test_a_syntax_error_says_where_and_what_was_expected(written, line, column, expected):
    configuration = reading(written)

    (problem,) = configuration.problems
    assert problem.code == "syntax"
    assert (problem.span.file, problem.span.line, problem.span.column) == ("config.exs", line, column)
    assert expected in problem.message
    assert configuration.settings == (), "nothing half-read"


def test_every_error_is_told_at_once():
    problems = reading("config :a, b: [1, 2}\nconfig :a, c: {3]\n").problems

    assert [problem.span.line for problem in problems] == [1, 2]


def test_brackets_in_text_and_comments_are_no_brackets():
    assert reading('# ( [\nconfig :snakepit, a: "{", b: ~w(( ), c: ?[, d: :"do"\n').problems == ()
