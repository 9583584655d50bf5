import pytest
from django.test import RequestFactory

from migrations_app.api.body import JsonParser
from migrations_app.api.problems import Unreadable


def parsed(body: bytes) -> object:
    return JsonParser().parse_body(RequestFactory().post("/", data=body, content_type="application/json"))


def test_an_object_is_read() -> None:
    assert parsed(b'{"title": "Move \\u2192", "n": [1, null]}') == {"title": "Move →", "n": [1, None]}


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b'{"title": "Move",}', "line 1, column 1"),
        (b'{"title":\n "Move" "x": 1}', "line 2"),
        (b"[1]", "not a JSON object"),
        (b"\xff\xfe", "not UTF-8"),
        (b"[" * 100_000, "cannot be read"),
        (b'{"n": NaN}', "NaN"),
        (b'{"n": ' + b"9" * 5_000 + b"}", "cannot be read"),
        (b'{"a": 1, "a": 2}', "twice"),
        (b'{"a": ["\\ud800"]}', "half of a character"),
        (b'{"a\\u0000": 1}', "u0000"),
    ],
)
def test_what_is_no_object_names_the_place(body: bytes, says: str) -> None:
    with pytest.raises(Unreadable, match=says) as raised:
        parsed(body)
    assert raised.value.fix
