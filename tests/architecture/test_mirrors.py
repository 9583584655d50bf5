import ast
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT, python_files, tree

ROOMS = ("engine", "stores", "handlers", "services", "runtime", "selectors", "routing")


def does_something(path: Path) -> bool:
    """False for a module that only declares: enums, dataclasses, protocols, tables."""
    return any(
        isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and any(not is_declaration(s) for s in node.body)
        for node in ast.walk(tree(path))
    )


def is_declaration(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Pass) or (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    )


MODULES = [
    path
    for path in python_files("migrations_app")
    if path.parts[1] in ROOMS and path.name != "__init__.py" and does_something(path)
]


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_each_module_has_the_test_file_of_its_name(path):
    mirrored = ROOT / "tests" / Path(*path.parts[1:]).with_name(f"test_{path.name}")

    assert mirrored.is_file(), f"{path} has no {mirrored.relative_to(ROOT)}"
    assert "def test_" in mirrored.read_text() or "Contract" in mirrored.read_text()
