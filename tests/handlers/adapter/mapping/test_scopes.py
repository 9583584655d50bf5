import pytest

from migrations_app.handlers.adapter.facts import Verdict
from tests.handlers.adapter.reading import HEAD, codes, mapped


@pytest.mark.parametrize(
    ("body", "before"),
    [
        ("return sqrt(x)", "from math import sqrt"),
        ("return m.sqrt(x)", "import math as m"),
        ("import math\nreturn math.sqrt(x)", ""),
        ("return LIMIT + x", "LIMIT = 3"),
        ("return WORDS['a'] + x", "WORDS = {'a': 'b'}"),
        ("return helper(x)", "def helper(y):\n    return y"),
        ("return len(x)", ""),
    ],
)
def test_names_with_one_meaning(tmp_path, body, before):
    assert mapped(tmp_path, body, before=before).verdict is Verdict.AUTOMATIC


@pytest.mark.parametrize(
    ("body", "before", "code"),
    [
        ("return nobody(x)", "", "unknown_name"),
        ("return len(x)", "len = abs\nlen = max", "unknown_name"),
        ("return LIMIT", "LIMIT = 3\ndef f():\n    global LIMIT\n    LIMIT = 4", "unknown_name"),
        ("return WORDS['a']", "WORDS = {'a': 'b'}\ndef f():\n    WORDS['a'] = 'c'", "state"),
        ("return WORDS", "WORDS = {'a': 'b'}\ndef f(x):\n    return WORDS[x]", "state"),
        ("return STATE", "STATE = []", "state"),
        ("return Other(x)", "class Other: ...", "own_code"),
        ("y = z\nz = 1\nreturn y", "z = 2", "unknown_name"),
        ("return self.nothing(x)", "", "missing"),
        ("return self.session_id", "", "session"),
        ("return os.getpid()", "import os", "never_served"),
    ],
)
def test_names_that_may_mean_something_else(tmp_path, body, before, code):
    mapping = mapped(tmp_path, body, before=before)

    assert mapping.verdict is Verdict.MANUAL
    assert code in codes(mapping)


@pytest.mark.parametrize(
    ("more", "verdict"),
    [
        ("    rate = 2", Verdict.AUTOMATIC),
        ("    def __init__(self):\n        self.rate = 2", Verdict.AUTOMATIC),
        ("    def __init__(self, rate=2):\n        self.rate = rate", Verdict.MANUAL),
        ("    rate = 2\n    def set(self):\n        self.rate = 3", Verdict.MANUAL),
        ("    rate = 2\n    def set(self, name):\n        setattr(self, name, 3)", Verdict.MANUAL),
        ("    rate = [2]", Verdict.MANUAL),
    ],
)
def test_attributes_of_the_adapter_that_nothing_changes(tmp_path, more, verdict):
    assert mapped(tmp_path, "return x * self.rate", head=f"{HEAD}\n{more}\n").verdict is verdict
