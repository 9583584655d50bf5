import pytest

from migrations_app.stores.tables.refusals import Refused
from migrations_app.stores.tables.schema import ColumnType, TypeKind
from migrations_app.stores.tables.selection import Mapped, Transform, TransformKind
from migrations_app.stores.tables.sqlite.copy_text import blocks
from migrations_app.stores.tables.sqlite.values import carrier


def written(kind, values, *transforms):
    mapped = Mapped("new", "old", transforms, ColumnType(kind, str(kind)))
    pages = [[(value,) for value in values]]
    return b"".join(blocks(pages, [mapped], [carrier(mapped, mapped.type)])).decode().removesuffix("\n").split("\n")


@pytest.mark.parametrize(
    ("kind", "values", "expected"),
    [
        (TypeKind.INTEGER, [1, None, -(2**63)], ["1", "\\N", "-9223372036854775808"]),
        (TypeKind.INTEGER, [1, 2.0, "03"], ["1", "2", "3"]),
        (TypeKind.FLOAT, [0.1, 1e300, None], ["0.1", "1e+300", "\\N"]),
        (TypeKind.FLOAT, [0.1, 1], ["0.1", "1.0"]),
        (TypeKind.DECIMAL, [1, 2.5, None], ["1", "2.5", "\\N"]),
        (TypeKind.DECIMAL, ["1.50", "-2"], ["1.50", "-2"]),
        (TypeKind.DECIMAL, [1e16], ["10000000000000000"]),
        (TypeKind.BOOLEAN, [0, 1, None], ["f", "t", "\\N"]),
        (TypeKind.BOOLEAN, [0, "true"], ["false", "true"]),
        (TypeKind.TEXT, ["a", None, ""], ["a", "\\N", ""]),
        (TypeKind.TEXT, ["a\tb", "c\\N", "\r"], ["a\\tb", "c\\\\N", "\\r"]),
        (TypeKind.TEXT, ["a", 5], ["a", "5"]),
        (TypeKind.BYTES, [b"", b"\x00\xff"], ["\\\\x", "\\\\x00ff"]),
        (TypeKind.JSON, ['{"a": "\\n"}'], ['{"a": "\\\\n"}']),
        (TypeKind.DATE, ["2024-02-29", None], ["2024-02-29", "\\N"]),
        (TypeKind.TIMESTAMP, ["2024-02-29T01:02:03.5"], ["2024-02-29T01:02:03.5"]),
        (TypeKind.TIMESTAMP, ["2024-02-29"], ["2024-02-29 00:00:00"]),
        (TypeKind.INSTANT, ["2024-02-29 01:02:03+01"], ["2024-02-29 01:02:03+01"]),
        (TypeKind.INTERVAL, ["P14M"], ["P1Y2M"]),
        (TypeKind.ARRAY, ["{1, 2}"], ["{1,2}"]),
    ],
)
def test_values_in_the_words_of_copy(kind, values, expected):
    assert written(kind, values) == expected


@pytest.mark.parametrize(
    ("kind", "values", "row"),
    [
        (TypeKind.INTEGER, [1, "one"], 2),
        (TypeKind.BOOLEAN, [1, 1, 2], 3),
        (TypeKind.TIMESTAMP, ["2024-02-30"], 1),
        (TypeKind.TIMESTAMP, ["2024-02-28 24:00:00"], 1),
        (TypeKind.INSTANT, ["2024-02-29 01:02:03"], 1),
        (TypeKind.TEXT, ["a", b"b"], 2),
    ],
)
def test_what_is_no_value_is_refused_with_its_row(kind, values, row):
    with pytest.raises(Refused) as refused:
        written(kind, values)

    assert refused.value.row == row
    assert "“new”" in refused.value.reason


def test_a_transformed_column_goes_value_by_value():
    assert written(TypeKind.TEXT, ["ab", None], Transform(TransformKind.UPPER)) == ["AB", "\\N"]
