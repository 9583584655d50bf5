import ast
from pathlib import Path

from tests.architecture.sources import ROOT, python_files, tree

ROOMS = (
    "engine",
    "beam",
    "stores",
    "pools",
    "configuration",
    "sources",
    "sandbox",
    "proofs",
    "snakepit",
    "files",
    "handlers",
    "services",
    "runtime",
    "selectors",
    "routing",
)


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


def mirrored(path: Path) -> Path:
    return Path("tests", *path.parts[1:]).with_name(f"test_{path.name}")


def test_each_module_has_the_test_file_of_its_name():
    modules = [
        path
        for path in python_files("migrations_app")
        if path.parts[1] in ROOMS and path.name != "__init__.py" and does_something(path)
    ]
    missing = [f"{path}: no {mirrored(path)}" for path in modules if not (ROOT / mirrored(path)).is_file()]

    assert modules
    assert not missing, "\n".join(missing)


def test_no_mirrored_test_file_is_hollow():
    hollow = [
        str(mirrored(path))
        for path in python_files("migrations_app")
        if (ROOT / mirrored(path)).is_file()
        and not any(word in (ROOT / mirrored(path)).read_text() for word in ("def test_", "Contract"))
    ]

    assert not hollow
