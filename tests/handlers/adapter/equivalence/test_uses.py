import pytest

from migrations_app.handlers.adapter.analysis import analyze
from migrations_app.handlers.adapter.equivalence.uses import uses
from tests.handlers.adapter.equivalence.planting import project


def used(directory, body, signature="self, x"):
    root = project(directory, body, signature=signature)
    [adapter] = analyze(root, installed={}).adapters
    return uses(root, adapter.tools[0])["x"]


@pytest.mark.parametrize(
    ("body", "hint"),
    [
        ("return float(x)", "float"),
        ("return int(x)", "int"),
        ("return x.upper()", "text"),
        ("return x.decode()", "bytes"),
        ("return f'{x}'", "text"),
        ("return [one for one in x]", "list"),
        ("for one in x:\n    pass", "list"),
        ("x.append(1)", "list"),
        ("return x['key']", "dict"),
        ("return x.items()", "dict"),
        ("return x * 2", "float"),
        ("import math\nreturn math.sqrt(x)", "float"),
        ("import json\nreturn json.loads(x)", "json"),
        ("import numpy as np\nreturn np.asarray(x)", "array"),
        ("import pandas as pd\nreturn pd.DataFrame(data=x)", "table"),
        ("return round(arguments['x'])", "float"),
        ("return len(arguments.get('x', []))", "list"),
    ],
)
def test_what_a_body_does_with_it_says_what_it_is(tmp_path, body, hint):
    assert hint in used(tmp_path, body, "self, x, arguments=None").hints


def test_what_it_is_compared_with_and_its_neighbours(tmp_path):
    assert used(tmp_path, "return x > 50 or x == 'all' or x in ('a', 'b')").constants == [49, 50, 51, "all", "a", "b"]


def test_files_that_are_gone_say_nothing(tmp_path):
    root = project(tmp_path, "return float(x)")
    [adapter] = analyze(root, installed={}).adapters
    (root / "adapter.py").unlink()
    assert uses(root, adapter.tools[0]) == {}
