import json

from migrations_app.handlers.config import side_by_side
from migrations_app.handlers.config.side_by_side import Comparison, Row, compare


def test_lines_stand_beside_lines_with_some_around() -> None:
    before = "".join(f"{number}\n" for number in range(1, 21)).encode()
    after = before.replace(b"10\n", b"ten\nand more\n")

    (section,) = compare({"a.exs": before}, {"a.exs": after}).sections

    assert section.rows[0] == Row("same", 7, "7", 7, "7")
    assert section.rows[3:5] == (Row("changed", 10, "10", 10, "ten"), Row("added", 0, "", 11, "and more"))
    assert section.rows[-1] == Row("same", 13, "13", 14, "13")
    assert section.old_lines == range(7, 14)


def test_changes_far_apart_are_sections_and_files_that_do_not_differ_are_none() -> None:
    before = "".join(f"{number}\n" for number in range(40)).encode()
    after = before.replace(b"\n5\n", b"\n").replace(b"\n30\n", b"\n")

    sections = compare({"a": before, "b": b"same"}, {"a": after, "b": b"same"}).sections

    assert [section.file for section in sections] == ["a", "a"]
    assert [row.kind for section in sections for row in section.rows if row.kind != "same"] == ["removed", "removed"]


def test_it_survives_the_way_through_json_and_hides_credentials() -> None:
    found = compare({"a": b'password: "old"\n'}, {"a": b'password: "new"\n\xff\n'})

    assert Comparison.from_dict(json.loads(json.dumps(found.as_dict()))) == found
    assert "new" not in json.dumps(found.as_dict(), ensure_ascii=False)


def test_what_is_too_much_to_show_is_counted(monkeypatch) -> None:
    monkeypatch.setattr(side_by_side, "MOST_ROWS", 5)
    found = compare({"a": b"1\n", "b": b"1\n" * 9}, {"a": b"2\n", "b": b"2\n" * 9})

    assert [section.file for section in found.sections] == ["a"]
    assert found.left_out == 9
