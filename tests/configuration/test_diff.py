from migrations_app.configuration.diff import Kind, Line, diff

BEFORE = "".join(f"{number}\n" for number in range(1, 31))
AFTER = BEFORE.replace("\n3\n", "\nthree\n").replace("\n20\n", "\n20\nnew\n").replace("\n28\n", "\n")


def one(before: str, after: str):
    (found,) = diff({"a.exs": before.encode()}, {"a.exs": after.encode()})
    return found


def test_blocks_of_what_differs_with_the_lines_around():
    found = one(BEFORE, AFTER)

    assert [block.hidden for block in found.blocks] == [0, 11, 1]
    assert [len(block.rows) for block in found.blocks] == [6, 7, 6]
    assert found.hidden == 0
    assert (found.added, found.removed) == (2, 2)
    changed, added, removed = (next(row for row in block.rows if row.kind is not Kind.SAME) for block in found.blocks)
    assert (changed.kind, changed.before, changed.after) == (Kind.CHANGED, Line(3, "3"), Line(3, "three"))
    assert (added.kind, added.before, added.after) == (Kind.ADDED, None, Line(21, "new"))
    assert (removed.kind, removed.before, removed.after) == (Kind.REMOVED, Line(28, "28"), None)


def test_every_line_is_shown_or_counted_as_hidden():
    found = one(BEFORE, AFTER)

    shown = sum(row.before is not None for block in found.blocks for row in block.rows)
    assert shown + sum(block.hidden for block in found.blocks) + found.hidden == 30


def test_files_that_are_the_same_are_left_out_and_new_ones_come_last():
    found = diff({"a": b"1\n", "b": b"2\n"}, {"c": b"3\n", "a": b"1\n", "b": b"4\n"})

    assert [one.path for one in found] == ["b", "c"]


def test_line_ends_alone_are_said_without_lines():
    found = one("a\r\nb\r\n", "a\nb\n")

    assert found.blocks == ()
    assert found.line_ends_differ
    assert one("a\nb", "a\nb\n").line_ends_differ
