import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import migrations_app
from migrations_app.engine.guards import GUARDS, VARIABLE, GuardsRefused, from_environment, guard_is_on

PROGRAM = """
from migrations_app.engine.guards import GUARDS, guard_is_on
print(*(name for name in GUARDS if not guard_is_on(name)))
"""


def start(**environment: str) -> "subprocess.CompletedProcess[str]":
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SNAKEWEB_")}
    return subprocess.run(
        [sys.executable, "-c", PROGRAM], env={**clean, **environment}, text=True, capture_output=True, check=False
    )


def test_every_guard_is_on_here() -> None:
    assert all(map(guard_is_on, GUARDS))


def test_a_process_may_be_started_without_some() -> None:
    assert start(SNAKEWEB_GUARDS_OFF="barrier, token_ack").stdout.split() == ["token_ack", "barrier"]


def test_a_process_that_looks_like_production_does_not_start_without() -> None:
    ended = start(SNAKEWEB_GUARDS_OFF="barrier", SNAKEWEB_ALLOWED_HOSTS="snakeweb.example")
    assert ended.returncode != 0
    assert "is for tests and is refused" in ended.stderr


def test_production_with_every_guard_is_fine() -> None:
    assert from_environment({"SNAKEWEB_ALLOWED_HOSTS": "snakeweb.example", VARIABLE: ""}) == frozenset()


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(GuardsRefused, match="names no guard: barier"):
        from_environment({VARIABLE: "barier,barrier"})
    with pytest.raises(KeyError):
        guard_is_on("barier")


def test_the_product_asks_for_guards_by_names_that_are_known() -> None:
    root = Path(migrations_app.__file__).parent
    asked = {name for path in root.rglob("*.py") for name in _asked(path)}
    assert asked <= GUARDS.keys()


def _asked(path: Path) -> list[str]:
    text = path.read_text()
    if "guard_is_on" not in text:
        return []
    calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    named = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "guard_is_on"]
    return [str(call.args[0].value) for call in named if isinstance(call.args[0], ast.Constant)]
