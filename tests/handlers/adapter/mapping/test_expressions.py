import pytest

from migrations_app.handlers.adapter.facts import Verdict
from tests.handlers.adapter.reading import by_entry, codes, mapped


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ("return x + y * 2", 11),
        ("return -x", -5),
        ("return x > y", True),
        ("return x not in [1, 2]", True),
        ("return not x", False),
        ("return 'abc'[::-1]", "cba"),
        ("return [str(one) for one in [x, y]]", ["5", "3"]),
        ("return (x, y)[0]", 5),
        ("return {'a': {'b': x}}['a']['b']", 5),
        ("return f'{x:>3}|{y!r}'", "  5|3"),
        ("return 7 if x is None else x", 5),
        ("return b'a'.decode()", "a"),
        ("return max(*[x, y])", 5),
        ("return dict(**{'a': x})", {"a": 5}),
        ("return x.real", 5),
    ],
)
def test_expressions_that_an_entry_can_say(tmp_path, body, answer):
    assert by_entry(mapped(tmp_path, body), {"x": 5, "y": 3}) == ("answered", repr(answer))


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("return x and y", "expression"),
        ("return x if y else 1", "branch"),
        ("return 1 < x < y", "expression"),
        ("return [one + 1 for one in x]", "loop"),
        ("return {x: 1}", "expression"),
        ("return {'a': 1, 'a': 2}", "expression"),
        ("return 1j", "expression"),
        ("return [*x]", "expression"),
        ("return max(*x, y)", "expression"),
        ("return (lambda: x)", "own_code"),
        ("return x.__class__", "expression"),
        ("return '{}'.format(x)", "never_served"),
        ("return getattr(x, 'y')", "never_served"),
        ("return open(x)", "never_served"),
        ("return (x := 1)", "expression"),
    ],
)
def test_expressions_that_are_left_to_a_person(tmp_path, body, code):
    mapping = mapped(tmp_path, body)

    assert mapping.verdict is Verdict.MANUAL
    assert code in codes(mapping), mapping.reasons
