import json

import pytest

from migrations_app.handlers.data.documents import (
    digest,
    from_document,
    range_from_document,
    range_to_document,
    to_document,
)
from migrations_app.stores.tables.schema import ColumnType, TypeKind
from migrations_app.stores.tables.selection import (
    EVERYTHING,
    Condition,
    KeyRange,
    Mapped,
    Operator,
    Selection,
    Transform,
    TransformKind,
)

NUMBERS = ColumnType(TypeKind.ARRAY, "integer[]", element=ColumnType(TypeKind.INTEGER, "integer", bits=32))
SELECTION = Selection(
    "public.orders",
    "orders",
    ("id",),
    (
        Mapped("id", "id", type=ColumnType(TypeKind.INTEGER, "integer", bits=32)),
        Mapped("name", "full_name", (Transform(TransformKind.TRIM), Transform(TransformKind.CUT, "40"))),
        Mapped("numbers", "numbers", type=NUMBERS),
        Mapped("origin", None, (Transform(TransformKind.CONSTANT, "old shop"),)),
    ),
    (Condition("state", Operator.ONE_OF, ("new", "paid")),),
)


def test_a_selection_comes_back_from_json() -> None:
    saved = json.loads(json.dumps(to_document(SELECTION)))
    assert from_document(saved) == SELECTION
    assert digest([from_document(saved)]) == digest([SELECTION])


@pytest.mark.parametrize("within", [EVERYTHING, KeyRange(("1", "a")), KeyRange(None, ("9",)), KeyRange((), ())])
def test_a_range_comes_back_from_json(within: KeyRange) -> None:
    assert range_from_document(json.loads(json.dumps(range_to_document(within)))) == within


def test_another_mapping_has_another_digest() -> None:
    assert digest([SELECTION]) != digest([SELECTION, SELECTION]) != digest([])
