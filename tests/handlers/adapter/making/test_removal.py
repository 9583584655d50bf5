import pytest

from migrations_app.handlers.adapter.analysis import analyze
from migrations_app.handlers.adapter.making.removal import why_not_removed
from migrations_app.handlers.adapter.making.serving import serving_of
from tests.handlers.adapter.places import ADAPTER, MANUAL, Shop

NOTHING = {"adapter": "", "edits": None, "renames": None}
PATH = "shop/adapter.py"


def reasons(shop: Shop, **after: bytes) -> list[str]:
    analysis = analyze(shop.root, installed={})
    files = {name.replace("__", "/").replace("_dot_", "."): content for name, content in after.items()}
    given = {**NOTHING, "adapter": "shop.adapter.Shop"}
    return [one.message for one in why_not_removed(analysis, serving_of(analysis, given), {PATH: ADAPTER, **files})]


def test_nobody_needs_it_any_more(shop: Shop) -> None:
    others = {"client/room.py": b"from generic_adapter import GenericAdapter\nimport shop\nx = 'myshop.adapter.Shop'\n"}

    assert reasons(shop, **{name.replace("/", "__").replace(".", "_dot_"): text for name, text in others.items()}) == []


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("use_dot_py", b"from shop.adapter import Shop\n"),
        ("use_dot_py", b"from shop import adapter\n"),
        ("use_dot_py", b"import shop.adapter as a\n"),
        ("use_dot_py", b"def f():\n    import shop.adapter.inner\n"),
        ("use_dot_py", b"try:\n    x = 1\nexcept OSError:\n    import shop.adapter\n"),
        ("use_dot_py", b"for x in y:\n    pass\nelse:\n    with z:\n        from shop import adapter\n"),
        ("use_dot_py", b"match x:\n    case 1:\n        f = lambda: 0\n        import shop.adapter\n"),
        ("use_dot_py", b"try:\n    pass\nfinally:\n    class A:\n        async def f(): import shop.adapter\n"),
        ("shop__use_dot_py", b"from .adapter import Shop\n"),
        ("shop__use_dot_py", b"from . import adapter\n"),
        ("shop__deep__use_dot_py", b"from ..adapter import Shop\n"),
        ("use_dot_py", b"import_module('shop.adapter')\n"),
        ("use_dot_py", b"def (:\n"),
        ("config__config_dot_exs", b'adapter_args: ["--adapter", "shop.adapter.Shop"]\n'),
        ("lib__a_dot_ex", b'File.read("shop/adapter.py")\n'),
    ],
)
def test_who_names_it_in_any_way_keeps_it(shop: Shop, name: str, content: bytes) -> None:
    [reason] = reasons(shop, **{name: content})

    assert "is named by" in reason


def test_tools_that_stay_and_other_adapters_keep_it(shop: Shop) -> None:
    other = b"\nclass Other:\n    def execute_tool(self, tool_name, arguments, context):\n        return 1\n"
    shop.lay(shop__adapter_dot_py=ADAPTER + MANUAL + other)

    found = reasons(shop)

    assert "goes on serving total" in found[0]
    assert "shop.adapter.Other" in found[1]
