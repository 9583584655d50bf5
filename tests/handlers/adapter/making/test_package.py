import ast
import json
from pathlib import Path
from typing import Any

import pytest

from migrations_app.engine.errors import ValidationFailed
from migrations_app.handlers.adapter.analysis import analyze
from migrations_app.handlers.adapter.making.package import Place, import_root_of, package_of, place_of
from migrations_app.handlers.adapter.making.serving import serving_of
from tests.handlers.adapter.places import ADAPTER, Shop

NOTHING = {"adapter": "", "edits": None, "renames": None, "place": "generic_adapter", "configuration_path": ""}


def place(root: Path, *, joined: bool = False, **parameters: Any) -> Place:
    serving = serving_of(analyze(root, installed={}), NOTHING)
    return place_of(root, serving.adapter, {**NOTHING, **parameters}, joined=joined)


def test_it_lies_beside_the_adapter_s_package(shop: Shop, tmp_path: Path) -> None:
    found = place(shop.root)

    assert (found.folder, found.adapter) == ("generic_adapter", "generic_adapter.GenericAdapter")
    assert found.configuration == str(shop.root / "generic_adapter/tools.json")
    assert found.directories("") == ["generic_adapter"]
    other = tmp_path / "other"
    (other / "priv/python/shop").mkdir(parents=True)
    (other / "priv/python/shop/__init__.py").touch()
    (other / "priv/python/shop/adapter.py").write_bytes(ADAPTER)
    for wanted in ("served/generic", "priv/python/served/generic"):
        found = place(other, place=wanted)
        assert (found.folder, found.module) == ("priv/python/served/generic", "served.generic")
        assert found.directories("priv/python") == ["priv/python/served", "priv/python/served/generic"]


def test_the_import_root_is_where_the_adapter_s_name_begins(shop: Shop) -> None:
    [adapter] = analyze(shop.root, installed={}).adapters

    assert import_root_of(adapter) == ""


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"place": "shop"}, "place_taken"),
        ({"place": "no-name"}, "not_importable"),
        ({"place": "../out"}, "not_importable"),
        ({"place": "build"}, "not_importable"),
        ({"configuration_path": "tools.json"}, "not_absolute"),
    ],
)
def test_places_that_cannot_be(shop: Shop, parameters: dict[str, str], code: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        place(shop.root, **parameters)

    assert [problem.code for problem in refused.value.problems] == [code]


def test_the_package_is_whole_and_says_what_it_serves(shop: Shop) -> None:
    serving = serving_of(analyze(shop.root, installed={}), {**NOTHING, "renames": {"root": "math_root"}})

    alone, joined = (package_of(serving, place(shop.root, joined=joined)) for joined in (False, True))

    assert all(ast.parse(content) for path, content in joined.items() if path.endswith(".py"))
    names = [entry["name"] for entry in json.loads(alone["generic_adapter/tools.json"])["tools"]]
    assert names == ["area", "math_root"]
    assert set(joined) - set(alone) == {"generic_adapter/beside.py", "generic_adapter/with_custom.py"}
    assert b"from shop.adapter import Shop" in joined["generic_adapter/with_custom.py"]
    assert place(shop.root, joined=True).adapter == "generic_adapter.with_custom.Adapter"
