from migrations_app.configuration.edits import Edit
from migrations_app.configuration.formats.elixir.reader import parsed
from migrations_app.configuration.formats.layout import Layout
from migrations_app.configuration.formats.removal import element_removed, lines_removed, statement_removed
from migrations_app.configuration.formats.text import Text


def layout(written: str) -> Layout:
    return Layout(Text("a.exs", written.encode()), parsed(written.encode()))


def after(written: str, edits: tuple[Edit, ...]) -> str:
    for edit in sorted(edits, reverse=True):
        written = written[: edit.start] + written[edit.end :]
    return written


def test_an_element_goes_with_its_comma_and_its_comments():
    written = "[\n  a,\n  # of b\n  b, # too\n  c\n]\n"
    at = written.index("b,")

    assert after(written, element_removed(layout(written), at, at + 1)) == "[\n  a,\n  c\n]\n"


def test_the_last_takes_the_comma_before_it_and_leaves_a_comment_there():
    written = "[\n  a, # of a\n  b\n]\n"
    at = written.index("b")

    assert after(written, element_removed(layout(written), at, at + 1)) == "[\n  a # of a\n]\n"


def test_lines_at_the_end_of_a_file_take_the_line_end_before_them():
    written = "a\n# of b\nb"

    assert after(written, (lines_removed(layout(written), 9, 10),)) == "a"


def test_of_two_blank_lines_around_a_statement_one_is_left():
    written = "a\n\nb\n\nc\n"

    assert after(written, (statement_removed(layout(written), 3, 4),)) == "a\n\nc\n"
    assert after(written, (statement_removed(layout(written), 6, 7),)) == "a\n\nb\n"
    assert after("a\n\nb", (statement_removed(layout("a\n\nb"), 3, 4),)) == "a"
    assert after("a\n", (statement_removed(layout("a\n"), 0, 1),)) == ""
