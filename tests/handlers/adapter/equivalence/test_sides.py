import pytest

from migrations_app.handlers.adapter.analysis import analyze
from migrations_app.handlers.adapter.equivalence.running import Grounds, Run
from migrations_app.handlers.adapter.equivalence.sides import inside_of, sides_of
from tests.handlers.adapter.equivalence.planting import needs_sandbox

CODE = """
{imports}
class A:
    def execute_tool(self, tool_name, arguments, context):
        if tool_name == 't':
            return {answer}
"""
OTHER = CODE.format(imports="import other", answer="other.X")
ABOVE = CODE.format(imports="from ..d import X", answer="X")
BOTH = CODE.format(imports="from .other import X\nimport other", answer="other.X")


def sides(root):
    [adapter] = analyze(root, installed={}).adapters
    text = '{"format": 1, "allow": {}, "tools": [{"name": "u", "result": {"constant": 2}}]}'
    return sides_of(Grounds(root, inside_of(root), None, text, (), 0), adapter)


@needs_sandbox
@pytest.mark.parametrize(
    ("files", "module"),
    [
        ({"adapter.py": OTHER, "other.py": "X = 1"}, "adapter"),
        ({"priv/python/adapter.py": OTHER, "priv/python/other.py": "X = 1"}, "adapter"),
        ({"a/__init__.py": "", "a/b/__init__.py": "", "a/b/c.py": ABOVE, "a/d.py": "X = 1"}, "a.b.c"),
        ({"__init__.py": "", "adapter.py": BOTH, "other.py": "X = 1"}, "project.adapter"),
    ],
)
def test_an_adapter_is_loaded_from_where_it_stands(tmp_path, files, module):
    root = tmp_path / "project"
    for name, code in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(code)
    both = sides(root)

    custom, generic = both.both(("t", "u"), [{}], [Run("one", (0,)), Run("two", (0,), traced=True)])

    assert both.custom.module == module
    assert (custom.fatal, generic.fatal) == ("", "")
    assert custom.seen["one", 0].value == ["int", "1"]
    assert generic.seen["one", 0].value == ["int", "2"]
    assert ("two", 0) in custom.seen
    assert ("two", 0) not in generic.seen
