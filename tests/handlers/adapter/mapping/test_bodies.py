import pytest

from migrations_app.handlers.adapter.facts import Verdict
from tests.handlers.adapter.reading import HEAD, by_entry, codes, mapped


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ("", None),
        ("'Text.'\npass\nreturn", None),
        ("z = x\nz += 1\nreturn [x, z]", [5, 6]),
        ("z: list = [y]\nz.append(x)\nreturn z", [3, 5]),
        ("if x is None:\n    x = 1\nreturn x", 5),
        ("import math\nreturn math.floor(x)", 5),
        ("return self.twice(self.twice(x))", 20),
    ],
)
def test_statements_that_an_entry_can_say(tmp_path, body, answer):
    head = f"{HEAD}\n    def twice(self, value, times=2):\n        return value * times\n"

    assert by_entry(mapped(tmp_path, body or "pass", head=head), {"x": 5, "y": 3}) == ("answered", repr(answer))


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("if x:\n    return 1\nreturn 2", "branch"),
        ("for one in x: pass", "loop"),
        ("try:\n    return x\nexcept E: pass", "try"),
        ("with x: pass", "with"),
        ("raise ValueError(x)", "raises"),
        ("self.z = x", "state"),
        ("x['a'] = 1\nreturn x", "state"),
        ("del x", "state"),
        ("yield x", "streams"),
        ("return self.t(x)", "own_code"),
        ("match x:\n    case 1: return 2", "branch"),
        ("def inner(): ...\nreturn x", "own_code"),
    ],
)
def test_statements_that_are_left_to_a_person(tmp_path, body, code):
    mapping = mapped(tmp_path, body)

    assert mapping.verdict is Verdict.MANUAL
    assert code in codes(mapping), mapping.reasons
