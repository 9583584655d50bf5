import pytest

from migrations_app.live.orders import MalformedOrder, Subscribe, Unsubscribe, parse


def test_orders_are_read() -> None:
    assert parse('{"op": "subscribe", "run": 7, "after": 41}') == Subscribe(7, 41)
    assert parse('{"op": "subscribe", "run": 7}') == Subscribe(7, 0)
    assert parse('{"op": "subscribe", "run": 7, "after": 3, "most": 200}') == Subscribe(7, 3, 200)
    assert parse('{"op": "unsubscribe", "run": 7}') == Unsubscribe(7)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "at most"),
        ("x" * 2_000, "at most"),
        ("{", "not JSON"),
        ("[" * 900, "not JSON"),
        ("[]", "object"),
        ("{}", "subscribe"),
        ('{"op": "delete", "run": 7}', "subscribe"),
        ('{"op": "subscribe"}', "run"),
        ('{"op": "subscribe", "run": "7"}', "run"),
        ('{"op": "subscribe", "run": true}', "run"),
        ('{"op": "subscribe", "run": 7, "after": -1}', "after"),
        ('{"op": "subscribe", "run": 7, "after": 1e99}', "after"),
        ('{"op": "subscribe", "run": 9223372036854775808}', "run"),
    ],
)
def test_what_is_no_order_says_why(text: str | None, says: str) -> None:
    with pytest.raises(MalformedOrder, match=says):
        parse(text)
