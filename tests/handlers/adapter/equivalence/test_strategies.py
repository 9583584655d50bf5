import pytest

from migrations_app.handlers.adapter.equivalence.drawing import draw
from migrations_app.handlers.adapter.equivalence.strategies import of_bytes, of_parameter


def types(annotation=None, default=None, hints=(), constants=(), count=150):
    drawn = draw(of_parameter(annotation, default, hints, constants), count, number=1)
    return {type(one).__name__ for one in drawn}, drawn


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        ("int", {"int"}),
        ("float", {"int", "float"}),
        ("str", {"str"}),
        ("bool", {"bool"}),
        ("bytes", {"dict"}),
        ("None", {"NoneType"}),
        ("list[int]", {"list"}),
        ("typing.Sequence[str]", {"list"}),
        ("Tuple[int, str]", {"list"}),
        ("tuple[int, ...]", {"list"}),
        ("dict[str, float]", {"dict"}),
        ("Optional[int]", {"int", "NoneType"}),
        ("int | str | None", {"int", "str", "NoneType"}),
        ("Union[bool, list]", {"bool", "list"}),
        ("'int'", {"int"}),
        ("Literal['a', 2, None]", {"str", "int", "NoneType"}),
        ("Annotated[int, 'positive']", {"int"}),
        ("np.ndarray", {"list"}),
        ("pd.DataFrame", {"dict"}),
        ("datetime.date", {"str"}),
    ],
)
def test_by_the_annotation(annotation, expected):
    assert types(annotation)[0] == expected


def test_inside_of_it():
    assert {type(item) for one in types("list[list[int]]")[1] for inner in one for item in inner} == {int}
    assert {len(one) for one in types("tuple[int, str]")[1]} == {2}
    assert {type(item) for one in types("dict[str, bool]")[1] for item in one.values()} == {bool}
    widths = {len(column) for one in types("DataFrame")[1] for column in one.values()}
    assert len(widths) > 1
    assert all(len({len(column) for column in one.values()}) == 1 for one in types("DataFrame")[1])


@pytest.mark.parametrize("annotation", [None, "Any", "MyOwn", "(", "list[" * 50 + "int" + "]" * 50])
def test_what_says_nothing_is_anything(annotation):
    nested = bool(annotation) and "[" in annotation  # fifty lists in one another are dear to draw
    found, _ = types(annotation, count=10 if nested else 150)
    assert found >= ({"list"} if nested else {"int", "float", "str", "list", "dict"})


def test_mostly_by_default_and_use_where_there_is_no_annotation():
    for given in ({"default": "3"}, {"hints": ["int"]}):
        drawn = types(**given)[1]
        assert sum(type(one) is int for one in drawn) > len(drawn) / 2
        assert any(type(one) is not int for one in drawn)


def test_constants_that_it_is_compared_with_occur():
    assert "fast" in types("str", constants=["fast"])[1]


def test_bytes_are_handed_over_as_text():
    assert of_bytes(b"\x00\xff") == {"__bytes__": "AP8="}
