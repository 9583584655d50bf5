"""What the house does not do: lazy imports, signals, drawers full of odds and ends, unread environment variables."""

import ast
import re

from tests.architecture.sources import ROOT, imports, python_files, tracked, tree

OURS = python_files("snakeweb", "migrations_app")
SIGNALS = re.compile(r"^django\.(dispatch|(\w+\.)*signals)\b|^allauth\.(\w+\.)*signals\b")
DRAWERS = {"utils", "util", "helpers", "helper", "common", "misc"}
# Who may look at the process environment, and why.
READERS = {
    "snakeweb/environment.py": "the one place where settings come from",
    "snakeweb/asgi.py": "names the settings module",
    "snakeweb/celery.py": "names the settings module",
    "migrations_app/routing/environment.py": "a service's own configuration names its secrets there",
    "migrations_app/runtime/apprise_call.py": "its process gets proxies and authorities, and no setting of ours",
    "migrations_app/handlers/adapter/generic/adapter.py": "Snakepit makes an adapter without arguments",
    "migrations_app/engine/guards.py": "tests take guards away; refused in production",
    "migrations_app/engine/crash_points.py": "tests arm crash points; refused in production",
}
MAY_PASS_ON = ("migrations_app/testing/", "migrations_app/demo/", "migrations_app/cli/")


def test_imports_stand_at_the_top():
    lazy = [
        f"{path}:{inner.lineno}"
        for path in python_files("snakeweb", "migrations_app", "examples", "benchmarks")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]

    assert not lazy


def test_nothing_happens_by_signal():
    found = [f"{path}: {name}" for path in OURS for name in imports(tree(path)) if SIGNALS.match(name)]

    assert not found


def test_no_module_is_a_drawer():
    assert not [str(path) for path in python_files() if path.stem in DRAWERS]


def test_the_environment_is_read_in_one_place():
    readers = {
        str(path)
        for path in OURS
        if not str(path).startswith(MAY_PASS_ON)
        and any(
            isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv", "environb"}
            for node in ast.walk(tree(path))
        )
    }

    assert readers <= set(READERS), f"reads the environment without leave: {sorted(readers - set(READERS))}"


def test_nothing_is_left_for_later():
    marks = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    own_name = "tests/architecture/test_manners.py"
    left = [
        f"{path}:{number}"
        for path in tracked()
        if path.suffix in {".py", ".html", ".css", ".js", ".md", ".toml", ".yml"} and str(path) != own_name
        for number, line in enumerate((ROOT / path).read_text().splitlines(), 1)
        if marks.search(line)
    ]

    assert not left


def test_requirement_files_name_no_host():
    named = [str(path) for path in tracked() if path.parts[0] == "requirements" and "://" in (ROOT / path).read_text()]

    assert not named
