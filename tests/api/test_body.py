import pytest
from django.test import RequestFactory

from migrations_app.api.body import MOST_DEEP, JsonParser
from migrations_app.api.problems import Unreadable


def parsed(body: bytes) -> object:
    return JsonParser().parse_body(RequestFactory().post("/", data=body, content_type="application/json"))


def test_an_object_is_read() -> None:
    assert parsed(b'{"title": "Move \\u2192", "n": [1, null]}') == {"title": "Move →", "n": [1, None]}

    deep = b"[" * (MOST_DEEP - 1) + b"]" * (MOST_DEEP - 1)
    assert parsed(b'{"n": ' + deep + b"}")


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
        (b'{"n": ' + b"9" * 401 + b"}", "401 digits; use at most 400"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"n": ' + b"[" * MOST_DEEP + b"]" * MOST_DEEP + b"}", "nested too deeply"),
        (b'{"a": 1, "a": 2}', "twice"),
        (b'{"a": ["\\ud800"]}', "half of a character"),
        (b'{"a\\u0000": 1}', "u0000"),
    ],
)
def test_what_is_no_object_names_the_place(body: bytes, says: str) -> None:
    with pytest.raises(Unreadable, match=says) as raised:
        parsed(body)
    assert raised.value.fix


def test_a_long_number_gives_no_advice_about_python() -> None:
    with pytest.raises(Unreadable) as raised:
        parsed(b'{"n": -' + b"9" * 5_000 + b"}")
    assert "5,001 digits" in raised.value.message
    assert "sys." not in raised.value.message
    assert "int" not in raised.value.message


def test_a_member_given_twice_among_very_many_is_found_in_one_pass() -> None:
    members = b",".join(b'"k%d":1' % n for n in [*range(100_000), 99_999])
    with pytest.raises(Unreadable, match="“k99999” is given twice"):
        parsed(b"{" + members + b"}")
