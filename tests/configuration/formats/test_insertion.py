from migrations_app.configuration.edits import Edit
from migrations_app.configuration.formats.elixir.reader import parsed
from migrations_app.configuration.formats.insertion import element_inserted, statement_inserted
from migrations_app.configuration.formats.layout import Layout
from migrations_app.configuration.formats.text import Text


def layout(written: str) -> Layout:
    return Layout(Text("a.exs", written.encode()), parsed(written.encode()))


def inserted(written: str, after: str, new: str, *comment: str) -> str:
    at = written.index(after)
    edits = element_inserted(layout(written), at, at + len(after), lambda _indent, _column: new, comment)
    return applied(written, edits)


def applied(written: str, edits: tuple[Edit, ...]) -> str:
    for edit in sorted(edits, reverse=True):
        written = written[: edit.start] + edit.text.decode() + written[edit.end :]
    return written


def test_on_one_line_where_the_neighbours_are():
    assert inserted("[a1, b1]\n", "a1", "new") == "[a1, new, b1]\n"
    assert inserted("[a1, b1]\n", "b1", "new") == "[a1, b1, new]\n"


def test_on_a_line_of_its_own_where_the_neighbours_have_one():
    assert inserted("[\n  a1, # x\n  b1 # y\n]\n", "a1", "new") == "[\n  a1, # x\n  new,\n  b1 # y\n]\n"
    assert inserted("[\n  a1, # x\n  b1 # y\n]\n", "b1", "new", "# z") == "[\n  a1, # x\n  b1, # y\n  # z\n  new\n]\n"


def test_the_end_of_a_file_without_a_line_end_stays_so():
    assert inserted("f x,\n  a1", "a1", "new") == "f x,\n  a1,\n  new"


def test_a_statement_follows_on_the_next_line():
    edit = statement_inserted(layout("a # x\r\nb\r\n"), 1, "", "c", ("# y",))

    assert applied("a # x\r\nb\r\n", (edit,)) == "a # x\r\n# y\r\nc\r\nb\r\n"
