import pytest

from tests.handlers.adapter.reading import HEAD, by_entry, codes, mapped

OF_THE_BASE = f"{HEAD}\n    def twice(self, value):\n        return value * 2\n"


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ("return math.floor(x)", 5),
        ("return self.twice(x)", 10),
        ("return self.call_tool('twice', value=x)", 10),
        ("return getattr(self, 'twice')(x)", 10),
        ("return {'a': self.twice}.get('a')(x)", 10),
        ("return str(x).zfill(3)", "'005'"),
    ],
)
def test_calls_that_an_entry_can_say(tmp_path, body, answer):
    mapping = mapped(tmp_path, body, head=OF_THE_BASE, before="import math")

    assert by_entry(mapping, {"x": 5}) == ("answered", str(answer))


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("return x()", "dispatch"),
        ("return self.call_tool(x)", "dispatch"),
        ("return getattr(self, x)()", "dispatch"),
        ("return self.t(x)", "own_code"),
    ],
)
def test_calls_that_are_left_to_a_person(tmp_path, body, code):
    assert code in codes(mapped(tmp_path, body, head=OF_THE_BASE))
