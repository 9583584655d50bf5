from migrations_app.configuration.formats.elixir.reader import parsed
from migrations_app.configuration.formats.layout import Layout
from migrations_app.configuration.formats.text import Text

WRITTEN = "a(1) # x, y\n\n# one\n  # two\n  é, b\r\nend"


def layout() -> Layout:
    content = WRITTEN.encode()
    return Layout(Text("a.exs", content), parsed(content))


def at(part: str) -> int:
    return WRITTEN.encode().index(part.encode())


def test_lines_begin_and_end_before_their_line_ends():
    here = layout()

    assert here.content[here.line_start(at("b\r")) : here.line_end(at("b\r"))].decode() == "  é, b"
    assert here.next_line(at("b\r")) == at("end")
    assert here.next_line(at("end")) == len(here.content)
    assert here.indent(at("b\r")) == "  "
    assert here.column(at("b\r")) == 5
    assert here.newline == b"\r\n"
    assert (here.begins_line(at("é")), here.begins_line(at("b\r"))) == (True, False)
    assert (here.blank(at("\n# one")), here.blank(at("# one"))) == (True, False)


def test_commas_in_comments_are_no_commas():
    here = layout()

    assert here.comma_after(at(")")) is None
    assert here.comma_after(at("é") + 2).start_byte == at(", b")
    assert here.rest_is_comment(at(" # x"))
    assert not here.rest_is_comment(at("é"))


def test_comment_lines_above_are_those_without_a_gap():
    here = layout()

    assert here.comment_lines_above(here.line_start(at("é"))) == at("# one")
    assert here.comment_lines_above(here.line_start(at("# one"))) == at("# one")
    assert here.comment_lines_above(0) == 0
