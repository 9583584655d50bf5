import pytest

from migrations_app.stores.tables.canonical import Undecodable, canonical
from migrations_app.stores.tables.schema import ColumnType, TypeKind
from migrations_app.stores.tables.selection import Mapped, Transform, TransformKind
from migrations_app.stores.tables.sqlite.page_texts import page_texts
from migrations_app.stores.tables.sqlite.values import text_maker

VALUES = (
    *(None, 0, 1, -(2**63), 0.0, -0.0, 0.1, 1.0, 1.5e-5, 1e15, 1e16, -2.5, 9007199254740993.0, float("inf")),
    *("", "a", "a\\b", "a\0b", "ä", "abc ", Undecodable(b"\xff"), b"", b"\x00\xff", "1", "01", "1.50", "true"),
    *("2024-02-28", "2024-02-30", "2024-02-29", "0000-01-01", "24:00:00", "23:59:59.120", "23:59:59.12"),
    *("2024-02-28 01:02:03", "2024-02-28T01:02:03", "2024-02-28 01:02:03+00", "2024-02-28 01:02:03.5+02"),
    *("6f9619ff-8b86-d011-b42d-00c04fc964ff", "6F9619FF-8B86-D011-B42D-00C04FC964FF", '{"b": 1, "a": [1.0]}', "P1D"),
)


@pytest.mark.parametrize("kind", [kind for kind in TypeKind if kind is not TypeKind.ARRAY])
@pytest.mark.parametrize("native", ["", "character(3)", "jsonb"])
def test_a_page_has_the_texts_of_its_values(kind, native):
    mapped = Mapped("new", "old", type=ColumnType(kind, native))
    for values in (VALUES, *([value] for value in VALUES)):
        texts = page_texts([mapped], [text_maker(mapped, mapped.type)], [(value,) for value in values])

        assert [text for (text,) in texts] == [canonical(mapped.type, value) for value in values]


def test_transforms_are_part_of_it():
    text = ColumnType(TypeKind.TEXT, "text")
    mapped = Mapped("new", "old", (Transform(TransformKind.UPPER),), text)

    assert list(page_texts([mapped, mapped], [text_maker(mapped, text)] * 2, [("a", "b"), ("c", None)])) == [
        ("A", "B"),
        ("C", None),
    ]
