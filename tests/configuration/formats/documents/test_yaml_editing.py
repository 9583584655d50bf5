import pytest

from migrations_app.configuration.editors import editor_of
from migrations_app.configuration.edits import NotEditable, Verbatim
from migrations_app.configuration.values import Atom
from tests.configuration.editing_of import edited, inserting, removing, renaming, replacing, value
from tests.configuration.reading_of import reading

LINES = """# of all
snakepit:
  a: 1 # of a
  # of pools
  pools: # these
    - name: :fast
      args: [x, "y"]
    # of the second
    - only: 1
  m: {p: 1, q: [2]}
  nothing:
  h:
    # of i
    i: 5
  k:
    l: 6

# the end
"""


@pytest.mark.parametrize(
    ("change", "old", "new"),
    [
        (removing("a"), "  a: 1 # of a\n", ""),
        (removing("pools"), LINES[LINES.index("  # of pools") : LINES.index("  m:")], ""),
        (removing("pools.0.name"), "- name: :fast\n      ", "- "),
        (removing("pools.0.args"), '      args: [x, "y"]\n', ""),
        (removing("pools.1.only"), "only: 1", "{}"),
        (removing("m.p"), "p: 1, ", ""),
        (removing("m.q"), ", q: [2]", ""),
        (removing("k.l"), "  k:\n    l: 6", "  k: {}"),
        (removing("h.i"), "    i: 5", "    {}"),
        (renaming("a", "b c"), "a: 1", "b c: 1"),
        (renaming("pools.0.name", "Y:"), "name", '"Y:"'),
        (replacing("a", Atom("x")), "1 #", '":x" #'),
        (replacing("a", {"x": [1]}), "a: 1 #", "a:\n    x:\n      - 1 #"),
        (replacing("nothing", 2), "nothing:", "nothing: 2"),
        (replacing("nothing", [2]), "nothing:", "nothing:\n    - 2"),
        (replacing("k", 2), "k:\n    l: 6", "k: 2"),
        (replacing("k", {"z": [7]}), "l: 6", "z:\n      - 7"),
        (replacing("pools", 2), LINES[LINES.index("- name") : LINES.index("\n  m:")], "2"),
        (replacing("pools.0", {"z": 7, "w": 8}), 'name: :fast\n      args: [x, "y"]', "z: 7\n      w: 8"),
        (replacing("m.q", {"z": None}), "[2]", "{z: null}"),
        (replacing("m.q.0", "a, b"), "2]", '"a, b"]'),
        (inserting("a", "new", [1], "why"), "of a\n", "of a\n  # why\n  new:\n    - 1\n"),
        (inserting("pools", "new", 1), "only: 1\n", "only: 1\n  new: 1\n"),
        (inserting("pools.0.", "new", 1), '"y"]\n', '"y"]\n      new: 1\n'),
        (inserting("m.", "new", 1), "[2]}", "[2], new: 1}"),
        (inserting("k", "new", 1), "l: 6\n", "l: 6\n  new: 1\n"),
    ],
)
def test_only_what_is_meant_changes(change, old, new):
    assert edited(LINES, change, "a.yaml") == LINES.replace(old, new, 1)


def test_a_moved_block_keeps_its_comments_and_takes_its_new_indentation():
    def change(editor, configuration):
        return editor.replace(value(configuration, "k"), [Verbatim(value(configuration, "k").span), 1])

    assert edited("snakepit:\n  k:\n    l: 6 # of l\n    # of m\n    m: [x]\n", change, "a.yaml") == (
        "snakepit:\n  k:\n    - l: 6 # of l\n      # of m\n      m: [x]\n    - 1\n"
    )


def test_the_last_key_and_the_first_one():
    assert edited("snakepit:\n  a: 1\n", removing("a"), "a.yaml") == "snakepit: {}\n"
    assert edited("snakepit:\n  a: {}", inserting("a.", "b", 1), "a.yaml") == "snakepit:\n  a: {b: 1}"


def test_windows_line_ends_stay():
    assert edited("snakepit:\r\n  a: 1\r\n", inserting("a", "b", [1]), "a.yaml") == (
        "snakepit:\r\n  a: 1\r\n  b:\r\n    - 1\r\n"
    )


@pytest.mark.parametrize(
    "change",
    [
        replacing("a", 1),
        replacing("a.x", 1),
        removing("a"),
        removing("b.x"),
        replacing("b", 2),
        inserting("a.", "y", 1),
    ],
)
def test_what_is_shared_by_an_alias_is_refused(change):
    configuration = reading("snakepit:\n  a: &one {x: 1}\n  b: *one\n  c: 3\n", name="a.yaml")

    with pytest.raises(NotEditable, match="is shared by an anchor or alias"):
        change(editor_of(configuration, "a.yaml"), configuration)


def test_text_of_several_lines_is_not_moved():
    configuration = reading("snakepit:\n  a: |\n    x\n    y\n", name="a.yaml")

    with pytest.raises(NotEditable, match="text of several lines"):
        editor_of(configuration, "a.yaml").replace(
            value(configuration, "a"), [Verbatim(value(configuration, "a").span)]
        )
