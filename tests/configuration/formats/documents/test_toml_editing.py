import pytest

from migrations_app.configuration.editors import editor_of
from migrations_app.configuration.edits import NotEditable, Verbatim
from migrations_app.configuration.values import Atom
from tests.configuration.editing_of import edited, inserting, removing, renaming, replacing, value
from tests.configuration.reading_of import reading

LINES = """# of all
[snakepit]
a = 1 # of a
# of m
m = { p = 1, q = [2] }
x.y = 2

# of heartbeat
[snakepit.heartbeat]
enabled = true

[snakepit.heartbeat.deep]
k = 1

[[snakepit.pools]]
name = ":fast"

[[snakepit.pools]]
name = ":slow" # of it
"""


@pytest.mark.parametrize(
    ("change", "old", "new"),
    [
        (removing("a"), "a = 1 # of a\n", ""),
        (removing("m"), "# of m\nm = { p = 1, q = [2] }\n", ""),
        (removing("m.p"), "p = 1, ", ""),
        (removing("heartbeat"), LINES[LINES.index("# of heartbeat") : LINES.index("[[")], ""),
        (removing("heartbeat.enabled"), "enabled = true\n", ""),
        (removing("pools.1.name"), 'name = ":slow" # of it\n', ""),
        (renaming("a", "b c"), "a = 1", '"b c" = 1'),
        (renaming("m.p", "z"), "p = 1", "z = 1"),
        (replacing("a", [Atom("x"), {"k": "v"}]), "1 #", '[":x", { k = "v" }] #'),
        (replacing("m.q.0", 1.5), "2]", "1.5]"),
        (replacing("m", {}), "{ p = 1, q = [2] }", "{}"),
        (inserting("a", "new", True, "why"), "of a\n", "of a\n# why\nnew = true\n"),
        (inserting("m.", "new", 1), "[2] }", "[2], new = 1 }"),
        (inserting("heartbeat.", "new", 1), "enabled = true\n", "enabled = true\nnew = 1\n"),
        (inserting("heartbeat", "new", 1), "x.y = 2\n", "x.y = 2\nnew = 1\n"),
        (inserting("pools.0.", "new", 1), '":fast"\n', '":fast"\nnew = 1\n'),
    ],
)
def test_only_what_is_meant_changes(change, old, new):
    assert edited(LINES, change, "a.toml") == LINES.replace(old, new, 1)


def test_a_table_with_a_header_is_renamed_wherever_it_is_named():
    assert edited(LINES, renaming("heartbeat", "beat"), "a.toml") == LINES.replace(
        "snakepit.heartbeat", "snakepit.beat"
    )
    assert edited(LINES, renaming("pools", "others"), "a.toml") == LINES.replace("pools", "others")


def test_all_of_an_array_of_tables_is_removed():
    after = edited(LINES, removing("pools"), "a.toml")

    assert after == LINES[: LINES.index("\n[[")]


def test_a_key_beside_a_table_gets_a_header_where_there_is_none():
    assert edited("# of it\n[snakepit.heartbeat]\na = 1\n", inserting("heartbeat", "new", 1), "a.toml") == (
        "[snakepit]\nnew = 1\n\n# of it\n[snakepit.heartbeat]\na = 1\n"
    )


def test_a_moved_value_is_its_text():
    def change(editor, configuration):
        return editor.replace(value(configuration, "a"), [Verbatim(value(configuration, "m").span)])

    assert "a = [{ p = 1, q = [2] }] # of a\n" in edited(LINES, change, "a.toml")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (replacing("heartbeat", {}), "is a table with lines of its own"),
        (replacing("a", None), "TOML has no value for `nil`"),
        (inserting("x", "new", 1), "is given by a dotted key"),
    ],
)
def test_what_toml_or_this_place_does_not_allow_is_refused(change, why):
    configuration = reading(LINES, name="a.toml")

    with pytest.raises(NotEditable, match=why):
        change(editor_of(configuration, "a.toml"), configuration)


def test_a_table_within_a_line_stays_there_however_long_it_gets():
    before = f'[snakepit]\nm = {{ a = "{"x" * 100}" }}\n'

    assert edited(before, inserting("m.", "new", 1), "a.toml") == before.replace('" }', '", new = 1 }')
