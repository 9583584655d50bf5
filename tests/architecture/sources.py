"""The source files that the architecture tests look at."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CODE_ROOTS = ("snakeweb", "migrations_app", "tests", "examples", "benchmarks")
GENERATED = "migrations_app/migrations/"


@cache
def tracked() -> tuple[Path, ...]:
    """Every file of the project, relative to its root: what git knows or would add."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return tuple(Path(name) for name in sorted(set(listed.split("\0"))) if name and (ROOT / name).is_file())


@cache
def python_files(*roots: str) -> tuple[Path, ...]:
    roots = roots or CODE_ROOTS
    return tuple(
        path
        for path in tracked()
        if path.suffix == ".py" and path.parts[0] in roots and not str(path).startswith(GENERATED)
    )


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse((ROOT / path).read_text(), filename=str(path))


def imports(node: ast.AST) -> Iterator[str]:
    """Full names of everything imported anywhere below `node`."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Import):
            yield from (alias.name for alias in inner.names)
        elif isinstance(inner, ast.ImportFrom) and inner.module:
            yield from (f"{inner.module}.{alias.name}" for alias in inner.names)
